import { many, plainSchema, snakeCased } from '../wire/google-json.js'
import { type Fields, filled, isObject, list, object, text } from '../wire/json.js'

const names: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  maxOutputTokens: 'max_tokens',
  candidateCount: 'n',
  stopSequences: 'stop',
  seed: 'seed',
  presencePenalty: 'presence_penalty',
  frequencyPenalty: 'frequency_penalty',
  responseLogprobs: 'logprobs',
  logprobs: 'top_logprobs',
}

export function paramsOf(config: Fields): Fields {
  const { responseModalities, responseMimeType, responseSchema, responseJsonSchema, thinkingConfig, ...rest } = config
  const out: Fields = {}
  const own: Fields = {}
  for (const [key, value] of Object.entries(rest)) {
    const name = names[key]
    if (name === undefined) own[key] = value
    else out[name] = value
  }
  if (Array.isArray(responseModalities)) out.modalities = responseModalities.map((one) => String(one).toLowerCase())
  const schema = responseSchema ?? responseJsonSchema
  if (responseMimeType === 'application/json') {
    out.response_format = schema
      ? { type: 'json_schema', json_schema: { name: 'answer', schema: plainSchema(schema) } }
      : { type: 'json_object' }
  } else if (responseMimeType !== undefined) own.responseMimeType = responseMimeType
  if (Object.keys(own).length > 0) out.generation_config = own
  return isObject(thinkingConfig) ? { ...out, ...thoughtOf(thinkingConfig) } : out
}

function thoughtOf(config: Fields): Fields {
  const { thinkingLevel, thinkingBudget, includeThoughts } = config
  if (filled(thinkingLevel) && includeThoughts !== false)
    return { reasoning_effort: text(thinkingLevel)?.toLowerCase() }
  if (thinkingBudget === 0 && includeThoughts !== true) return { thinking: { type: 'disabled' } }
  const budget = typeof thinkingBudget === 'number' && thinkingBudget > 0 && includeThoughts === true
  return budget ? { thinking: { type: 'enabled', budget_tokens: thinkingBudget } } : { thinking_config: config }
}

/** Google's own tools are passed under their own names. */
export function toolsOf(all: readonly Fields[]): Fields {
  const tools = all.flatMap((tool) =>
    Object.entries(tool).flatMap(([kind, value]): Fields[] => {
      if (kind !== 'functionDeclarations') return [{ type: snakeCased(kind), ...object(value) }]
      return many(value).map(({ name, description, parameters, parametersJsonSchema }) => ({
        type: 'function',
        function: {
          name,
          ...(filled(description) && { description }),
          parameters: plainSchema(parameters ?? parametersJsonSchema ?? { type: 'object', properties: {} }),
        },
      }))
    }),
  )
  return tools.length > 0 ? { tools } : {}
}

export function choiceOf(config: Fields): Fields {
  const { mode, allowedFunctionNames } = object(config.functionCallingConfig)
  const own = config.includeServerSideToolInvocations === true ? { include_server_side_tool_invocations: true } : {}
  const allowed = list(allowedFunctionNames)
  const functions = allowed.map((name) => ({ type: 'function', function: { name } }))
  if (!filled(mode)) return own
  switch (filled(mode)?.toUpperCase()) {
    case 'VALIDATED':
      return { ...own, tool_config: config }
    case 'AUTO':
      return { ...own, tool_choice: 'auto' }
    case 'NONE':
      return { ...own, tool_choice: 'none' }
    default:
      if (allowed.length === 0) return { ...own, tool_choice: 'required' }
      if (allowed.length === 1) return { ...own, tool_choice: functions[0] }
      return {
        ...own,
        tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: functions } },
      }
  }
}
