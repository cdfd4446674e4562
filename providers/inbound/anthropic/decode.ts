import type { ChatParams, ReasoningEffort, ResponseFormat, Thinking } from '../../../src/types/chat.js'
import type { CacheControl } from '../../../src/types/messages.js'
import { isFields, textIn } from '../../fields.js'
import type { InboundContext } from '../contract.js'
import { InboundReport } from '../report.js'
import { decodeMessages } from './messages.js'
import { decodeTools } from './tools.js'
import type { MessagesRequest } from './wire.js'

/** Fields with a reader below. */
const known: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'system', 'max_tokens', 'stream', 'stop_sequences', 'temperature', 'top_k', 'top_p'],
  ...[
    'tools',
    'tool_choice',
    'thinking',
    'output_config',
    'output_format',
    'metadata',
    'service_tier',
    'cache_control',
  ],
  // flags for the API itself, as some SDKs put them into the body
  ...['betas', 'anthropic_beta', 'anthropic_version'],
])

/** Translates a Messages request to chat. https://platform.claude.com/docs/en/api/messages/create */
export function decodeRequest(request: MessagesRequest, context: InboundContext): ChatParams {
  const report = new InboundReport(context)
  const params: ChatParams = {
    model: context.model,
    messages: decodeMessages(request, report),
    ...decodeTools(request, report),
    ...decodeSettings(request, report),
  }
  for (const name in request) {
    if (known.has(name) || request[name] === null || request[name] === undefined) continue
    report.dropped(name, `'${name}' has no equivalent in other APIs.`)
  }
  return params
}

function decodeSettings(request: MessagesRequest, report: InboundReport): Partial<ChatParams> {
  const { max_tokens, stream, stop_sequences: stop, temperature, top_k, top_p, cache_control: mark } = request
  const params: Partial<ChatParams> = {}
  if (typeof max_tokens === 'number') params.max_tokens = max_tokens
  else if (max_tokens !== undefined && max_tokens !== null) {
    throw report.invalid('max_tokens', 'must be a number', max_tokens)
  }
  if (typeof temperature === 'number') params.temperature = temperature
  if (typeof top_p === 'number') params.top_p = top_p
  if (typeof top_k === 'number') params.top_k = top_k
  if (Array.isArray(stop) && stop.length > 0) params.stop = stop.map(String)
  if (isFields(mark)) params.cache_control = mark as unknown as CacheControl
  if (stream === true) {
    params.stream = true
    params.stream_options = { include_usage: true }
  }
  const user = isFields(request.metadata) ? textIn(request.metadata, 'user_id') : undefined
  if (user) params.user = user
  if (request.service_tier === 'auto') params.service_tier = 'auto'
  else if (request.service_tier === 'standard_only') params.service_tier = 'default'
  return { ...params, ...decodeThinking(request, report), ...decodeOutput(request, report) }
}

/** https://platform.claude.com/docs/en/build-with-claude/thinking */
function decodeThinking({ thinking }: MessagesRequest, report: InboundReport): Pick<ChatParams, 'thinking'> {
  if (!isFields(thinking)) return {}
  const display = textIn(thinking, 'display')
  const shown = display ? { display } : {}
  switch (thinking.type) {
    case 'enabled':
      if (typeof thinking.budget_tokens !== 'number') {
        throw report.invalid('thinking.budget_tokens', 'must be a number', thinking.budget_tokens)
      }
      return { thinking: { type: 'enabled', budget_tokens: thinking.budget_tokens, ...shown } as Thinking }
    case 'disabled':
      return { thinking: { type: 'disabled' } }
    case 'adaptive':
      return { thinking: { type: 'adaptive', ...shown } as Thinking }
    default:
      report.changed('thinking', `Thinking of type '${String(thinking.type)}' is sent as adaptive thinking.`)
      return { thinking: { type: 'adaptive', ...shown } as Thinking }
  }
}

/**
 * `output_config`: effort and format. `output_format` is the older place of the format.
 * https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
function decodeOutput({ output_config: config, output_format: older }: MessagesRequest, report: InboundReport) {
  const params: { reasoning_effort?: ReasoningEffort; response_format?: ResponseFormat } = {}
  const { effort, format = older, ...others } = isFields(config) ? config : {}
  if (typeof effort === 'string') params.reasoning_effort = effort
  if (isFields(format) && format.type === 'json_schema' && isFields(format.schema)) {
    const schema = format.schema as Record<string, unknown>
    params.response_format = { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } }
  } else if (isFields(format)) {
    report.dropped('output_config.format', `a format of type '${String(format.type)}' has no equivalent in other APIs.`)
  }
  for (const name in others) {
    if (others[name] !== null && others[name] !== undefined) {
      report.dropped(`output_config.${name}`, `'output_config.${name}' has no equivalent in other APIs.`)
    }
  }
  return params
}
