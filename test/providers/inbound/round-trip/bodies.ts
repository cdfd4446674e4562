import { type Fields, fieldsIn, isFields } from '../../../../providers/fields.js'
import { camelFields } from '../../../../providers/inbound/gemini/wire.js'
import { isPlaceholder } from '../../../../providers/inbound/seal.js'

/** Bodies in one form, so that only differences of meaning remain. */

export const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isFields(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]))
}

const blocksOf = (content: unknown): Fields[] =>
  typeof content === 'string' ? [{ type: 'text', text: content }] : fieldsIn(content)

const isEmptyText = ({ type, text }: Fields): boolean => type === 'text' && text === ''

/** A request of the Messages API without defaults and without differences of notation. */
export function messagesBody({
  model: _,
  anthropic_version: __,
  stream,
  messages,
  system,
  tools,
  ...rest
}: Fields): Fields {
  const choice = isFields(rest.tool_choice) ? { ...rest.tool_choice } : undefined
  if (choice?.disable_parallel_tool_use === false) delete choice.disable_parallel_tool_use
  // the older place of the format
  const { output_format: format, output_config: config, tool_choice: ___, ...others } = rest
  const output = { ...(isFields(config) && config), ...(isFields(format) && { format }) }
  return sorted({
    ...others,
    // auto is the default
    ...(choice && (choice.type !== 'auto' || Object.keys(choice).length > 1) && { tool_choice: choice }),
    ...(Object.keys(output).length > 0 && { output_config: output }),
    ...(stream === true && { stream }),
    tools: fieldsIn(tools).map(messagesTool),
    system: systemOf(blocksOf(system)),
    messages: turnsOf(fieldsIn(messages)),
  }) as Fields
}

function systemOf(blocks: readonly Fields[]): unknown {
  return blocks.some((block) => block.cache_control) ? blocks : blocks.map(({ text }) => text).join('\n\n')
}

function messagesTool({ type, description, input_schema: schema, eager_input_streaming: _, ...tool }: Fields): Fields {
  const { $schema: __, ...plain } = isFields(schema) ? schema : {}
  // the version of a web search is the dialect's
  if (typeof type === 'string' && type.startsWith('web_search')) return { name: tool.name }
  // no properties are the same as none
  const complete = plain.type === 'object' ? { ...plain, properties: plain.properties ?? {} } : plain
  return { ...tool, ...(description !== '' && { description }), input_schema: complete }
}

/** Turns of one role that follow one another are one turn to the API. */
function turnsOf(messages: readonly Fields[]): Fields[] {
  const turns: { role: unknown; content: Fields[] }[] = []
  for (const { role, content } of messages) {
    const blocks = blocksOf(content)
      .filter((block) => !isEmptyText(block))
      .map(({ is_error: failed, caller, ...block }) => ({
        ...block,
        // the default
        ...(isFields(caller) && caller.type !== 'direct' && { caller }),
        ...(failed === true && { is_error: true }),
        ...(block.type === 'tool_result' && { content: blocksOf(block.content).filter((one) => !isEmptyText(one)) }),
        // recordings replaced the data
        ...(block.type === 'redacted_thinking' && { data: 'redacted' }),
      }))
    const last = turns.at(-1)
    if (last && last.role === role) last.content.push(...blocks)
    else turns.push({ role, content: blocks })
  }
  return turns
}

/** A request of the Gemini API: names in camelCase, without defaults, with schemas reduced to their properties. */
export function geminiBody(request: Fields): Fields {
  const body = camelFields(request)
  const { contents, systemInstruction, tools, generationConfig, toolConfig, safetySettings } = body
  return sorted({
    ...(Array.isArray(safetySettings) && safetySettings.length > 0 && { safetySettings }),
    generationConfig: geminiConfig(isFields(generationConfig) ? camelFields(generationConfig) : {}),
    toolConfig: choiceOf(isFields(toolConfig) ? camelFields(toolConfig).functionCallingConfig : undefined),
    tools: toolsOf(isFields(tools) ? [tools] : fieldsIn(tools)),
    systemInstruction: partsOf(systemInstruction)
      .map(({ text }) => text)
      .join('\n\n'),
    contents: contentsOf(contents),
  }) as Fields
}

function geminiConfig({
  candidateCount,
  stopSequences: stop,
  responseModalities,
  thinkingConfig,
  ...config
}: Fields): Fields {
  const { responseSchema, responseJsonSchema, ...rest } = config
  const { thinkingLevel: level, thinkingBudget } = isFields(thinkingConfig) ? camelFields(thinkingConfig) : {}
  return {
    ...rest,
    ...(candidateCount !== 1 && { candidateCount }),
    ...(Array.isArray(stop) && stop.length > 0 && { stop }),
    ...(String(responseModalities) !== 'TEXT' && { responseModalities }),
    thinking: [
      typeof level === 'string' && !level.endsWith('UNSPECIFIED') ? level.toUpperCase() : undefined,
      thinkingBudget,
    ],
    schema: propertiesOf(responseSchema ?? responseJsonSchema),
  }
}

const propertiesOf = (schema: unknown): string[] =>
  isFields(schema) && isFields(schema.properties) ? Object.keys(schema.properties).sort() : []

function choiceOf(calling: unknown): unknown {
  if (!isFields(calling)) return undefined
  const { mode, allowedFunctionNames } = camelFields(calling)
  const upper = String(mode ?? 'AUTO').toUpperCase()
  // the default, and the same with a check of the arguments
  return upper === 'AUTO' || upper === 'VALIDATED' ? undefined : { mode: upper, allowedFunctionNames }
}

/** Functions and names of other tools. */
function toolsOf(tools: readonly Fields[]): unknown[] {
  const all = tools.flatMap((tool) =>
    Object.entries(camelFields(tool)).flatMap(([name, value]): unknown[] => {
      if (name !== 'functionDeclarations') return value === null ? [] : [name]
      return fieldsIn(value).map((declared) => {
        const { parameters, parametersJsonSchema, description } = camelFields(declared)
        return [declared.name, description || undefined, propertiesOf(parameters ?? parametersJsonSchema)]
      })
    }),
  )
  return all.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}

const partsOf = (content: unknown): Fields[] => {
  if (typeof content === 'string') return [{ text: content }]
  const parts = isFields(content) && 'parts' in content ? content.parts : content
  if (typeof parts === 'string') return [{ text: parts }]
  return isFields(parts)
    ? [parts]
    : Array.isArray(parts)
      ? parts.map((part) => (isFields(part) ? part : { text: part }))
      : []
}

function contentsOf(contents: unknown): Fields[] {
  const turns: { role: unknown; parts: Fields[] }[] = []
  for (const content of Array.isArray(contents) ? contents : [isFields(contents) ? contents : { parts: contents }]) {
    const role = content.role === 'model' ? 'model' : 'user'
    const parts = partsOf(content)
      .map(geminiPart)
      .filter((part) => part.text !== '' || part.thoughtSignature !== undefined)
      // thoughts without a signature are shown to people only
      .filter((part) => part.thought !== true || part.thoughtSignature !== undefined)
    const last = turns.at(-1)
    if (last && last.role === role) last.parts.push(...parts)
    else turns.push({ role, parts })
  }
  return turns
}

/** Ids of calls are optional, and newer models get a placeholder for a missing signature. */
function geminiPart(given: Fields): Fields {
  const { thoughtSignature, thought, inlineData, fileData, ...part } = camelFields(given)
  const isMade = thoughtSignature === undefined || isPlaceholder(thoughtSignature)
  const withoutId = (value: unknown) => (isFields(value) ? { ...value, id: undefined } : value)
  const inline = isFields(inlineData) ? camelFields(inlineData) : undefined
  return {
    ...part,
    ...(thought === true && { thought }),
    ...(inline && {
      inlineData: {
        ...inline,
        data: standard(String(inline.data)),
        mimeType: String(inline.mimeType).replace('audio/x-', 'audio/'),
      },
    }),
    ...(isFields(fileData) && { fileData: camelFields(fileData) }),
    ...(!isMade && { thoughtSignature }),
    ...(part.functionCall !== undefined && { functionCall: withoutId(part.functionCall) }),
    ...(isFields(part.functionResponse) && { functionResponse: resultOf(camelFields(part.functionResponse)) }),
  }
}

/** Base64 in its usual alphabet. */
const standard = (data: string): string => data.replaceAll('-', '+').replaceAll('_', '/')

const resultOf = ({ id: _, parts, ...response }: Fields): Fields => ({
  ...response,
  ...(Array.isArray(parts) && parts.length > 0 && { parts: fieldsIn(parts).map(geminiPart) }),
})
