import type { ChatParams } from '../../../src/types/chat.js'
import { type Fields, isFields } from '../../fields.js'
import { jsonInstruction } from '../../instruction.js'
import { type ModelRules, modelRules, namedModel } from '../../models/index.js'
import type { Report } from '../../report.js'
import { formatName, withSchema } from '../../shared/format.js'
import { fitSchema } from '../../shared/strict-schema.js'
import type { EncodeScope } from './scope.js'

type Body = Record<string, unknown>

/** Writes the limit of the answer under the name that the host, or the model, accepts. */
export function encodeLimit(body: Body, { context, rules }: EncodeScope): void {
  const limit = body.max_completion_tokens ?? body.max_tokens
  if (limit === undefined) return
  const name = rules?.renamed.max_tokens ?? context.quirks.maxTokens
  if (name === 'as-given') return
  delete body.max_tokens
  delete body.max_completion_tokens
  body[name] = limit
}

/** Renames the parameters that the host knows by another name, and refuses those that host or model refuse. */
export function fitParams(body: Body, { context, rules, report }: EncodeScope): void {
  const { quirks } = context
  for (const name of quirks.unsupported) {
    if (body[name] === undefined) continue
    if (!isDefault(name, body[name])) report.unsupported(name, 'the provider does not take it')
    delete body[name]
  }
  if (!quirks.openaiFields) {
    for (const name of openaiFields) {
      if (body[name] === undefined) continue
      report.unsupported(name, 'only OpenAI has it')
      delete body[name]
    }
  }
  if (quirks.metadataNeedsStore && body.metadata !== undefined && body.store !== true) {
    if (!isDefault('metadata', body.metadata)) {
      report.dropped('metadata', 'Left out: the provider accepts metadata only with store: true.')
    }
    delete body.metadata
  }
  for (const name of refusedBy(rules, body.reasoning_effort)) {
    if (body[name] === undefined) continue
    if (!isHarmless(name, body[name])) report.unsupported(name, 'the model accepts only its own value')
    delete body[name]
  }
  for (const [name, other] of Object.entries(quirks.rename)) {
    if (body[name] === undefined) continue
    body[other] ??= body[name]
    delete body[name]
  }
}

const openaiFields = ['moderation', 'prompt_cache_options'] as const

/**
 * Whether a model that refuses a parameter does what its value asks for anyway. Models without `parallel_tool_calls` make one call at a
 * time: https://community.openai.com/t/what-models-support-parallel-tool-calls-and-when-to-use-it/1310788
 */
export const isHarmless = (name: string, value: unknown): boolean =>
  name === 'parallel_tool_calls' || isDefault(name, value)

/** Leaves out a forced call that the model refuses while it reasons. */
export function fitToolChoice(body: Body, { context, report }: EncodeScope): void {
  if (!context.quirks.forcedCallsByModel || body.tool_choice === undefined) return
  const rules = modelRules(namedModel(context))
  const forced = forcedBy(body.tool_choice)
  if (!rules || !forced || rules.forcedWhileReasoning === 'any' || !reasons(body, rules)) return
  // whether models of other makers reason by default is up to the host
  const { rulesOfMakers: makers } = context.quirks
  if (makers.length > 0 && !makers.includes(rules.maker)) return
  if (rules.forcedWhileReasoning === 'required' && forced === 'required') return
  const advice = rules.reasoning === 'always' ? 'ask for it in the prompt' : "pass thinking: { type: 'disabled' }"
  report.unsupported('tool_choice', `a call can't be forced while the model reasons: ${advice}`)
  delete body.tool_choice
}

function forcedBy(choice: unknown): 'required' | 'named' | undefined {
  if (choice === 'required' || choice === 'any') return 'required'
  if (!isFields(choice)) return undefined
  if (!isFields(choice.allowed_tools)) return 'named'
  return choice.allowed_tools.mode === 'required' ? 'required' : undefined
}

/** Whether a model reasons, given the switches of a body. */
function reasons({ thinking, enable_thinking: enabled, reasoning_effort: effort }: Body, rules: ModelRules): boolean {
  if (isFields(thinking)) return thinking.type !== 'disabled'
  return typeof enabled === 'boolean' ? enabled : isReasoning(rules, effort)
}

/** Parameters that a model refuses with this effort. */
export function refusedBy(rules: ModelRules | undefined, effort: unknown): readonly string[] {
  if (!rules) return []
  return isReasoning(rules, effort) ? [...rules.refused, ...rules.refusedWhileReasoning] : rules.refused
}

/** Whether a model reasons, given the effort of a call. */
export function isReasoning({ reasoning }: ModelRules, effort: unknown): boolean {
  switch (reasoning) {
    case 'always':
      return true
    case 'by-default':
      return effort !== 'none'
    case 'on-request':
      return effort !== undefined && effort !== null && effort !== 'none'
    case 'never':
      return false
  }
}

/** Whether a value asks for nothing that the provider doesn't do by default. */
export function isDefault(name: string, value: unknown): boolean {
  switch (name) {
    case 'n':
    case 'temperature':
    case 'top_p':
      return value === 1
    case 'logprobs':
    case 'store':
    case 'background':
      return value === false
    case 'presence_penalty':
    case 'frequency_penalty':
    case 'top_logprobs':
      return value === 0
    case 'parallel_tool_calls':
      return value === true
    case 'service_tier':
      return value === 'auto'
    case 'logit_bias':
    case 'metadata':
      return isFields(value) && Object.keys(value).length === 0
    case 'modalities':
      return Array.isArray(value) && value.every((modality) => modality === 'text')
    case 'functions':
      return Array.isArray(value) && value.length === 0
    default:
      return false
  }
}

/**
 * `response_format` at hosts and models without schemas: their JSON mode, if they have one, with the schema in the instructions. A
 * forced tool call would replace the caller's own tools, and many of these models call none.
 */
export function encodeFormat(
  given: ChatParams['response_format'] | null,
  body: Body,
  { context, rules, report }: EncodeScope,
): void {
  const format = withSchema(given)
  if (!isFields(format)) return
  const supported = rules?.formats ?? context.quirks.formats
  if (supported === 'schema') body.response_format = withFittedSchema(format, report)
  if (supported === 'schema' || (supported === 'object' && format.type === 'json_object')) return
  const why =
    supported === 'object' ? 'There is a JSON mode here, and it takes no schema' : 'There is no JSON mode here'
  const instruction = jsonInstruction(format, why, report)
  if (instruction === undefined) return
  if (supported === 'object') body.response_format = { type: 'json_object' }
  else delete body.response_format
  body.messages = instructed(body.messages as readonly unknown[], instruction)
}

/** The format with a schema that servers accept: the caller's own if nothing changes. */
export function withFittedSchema(format: Fields, report: Report): Fields {
  const { json_schema: given } = format
  if (!isFields(given) || !isFields(given.schema)) return format
  const { schema, strict } = fitSchema(given.schema, given.strict)
  if (strict !== given.strict) report.changed('response_format', 'Sent without strict mode, which refuses this schema.')
  const name = formatName(given.name)
  if (schema === given.schema && strict === given.strict && name === given.name) return format
  return { ...format, json_schema: { ...given, name, schema, ...(strict !== undefined && { strict }) } }
}

/** Appends to the instructions at the beginning, or inserts them. */
function instructed(messages: readonly unknown[], instruction: string): unknown[] {
  const [first, ...rest] = messages
  if (!isFields(first) || (first.role !== 'system' && first.role !== 'developer')) {
    return [{ role: 'system', content: instruction }, ...messages]
  }
  const { content } = first
  const all = Array.isArray(content)
    ? [...content, { type: 'text', text: instruction }]
    : `${String(content)}\n\n${instruction}`
  return [{ ...first, content: all }, ...rest]
}
