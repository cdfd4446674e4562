import type { ChatParams } from '../../src/types/chat.js'
import type { Fields } from '../fields.js'
import type { Report } from '../report.js'

/** The host's names of OpenAI's parameters. */
export type Names = Readonly<Record<string, string>>

/** Parameters that are handled elsewhere. */
const ours: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'extra_body'],
  // encoded in the instructions
  'response_format',
])
const harmless: ReadonlySet<string> = new Set([
  'user',
  'metadata',
  'store',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'parallel_tool_calls',
])

const openai: ReadonlySet<string> = new Set([
  ...['temperature', 'top_p', 'top_k', 'n', 'stop', 'max_tokens', 'max_completion_tokens', 'presence_penalty'],
  ...['frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'seed', 'tools', 'tool_choice', 'functions'],
  ...['function_call', 'reasoning_effort', 'thinking', 'verbosity', 'modalities', 'audio'],
  ...['prediction', 'web_search_options', 'service_tier', 'cache_control'],
])

/**
 * Renames the parameters for the model; native fields are sent unchanged. Parameters without a name are rejected or
 * dropped with a warning.
 */
export function fieldsOf(params: ChatParams, names: Names, who: string, report: Report): Fields {
  const fields: Fields = {}
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || ours.has(name)) continue
    const own = Object.hasOwn(names, name) ? names[name] : undefined
    if (own !== undefined) fields[own] = name === 'stop' && typeof value === 'string' ? [value] : value
    else if (!openai.has(name) && !harmless.has(name)) fields[name] = value
    else if (harmless.has(name)) report.dropped(name, `${who} does not use it.`)
    else if (!saysNothing(name, value)) report.unsupported(name, `${who} has no equivalent`)
  }
  return fields
}

function saysNothing(name: string, value: unknown): boolean {
  switch (name) {
    case 'n':
      return value === 1
    case 'logprobs':
      return value === false
    case 'presence_penalty':
    case 'frequency_penalty':
      return value === 0
    case 'tool_choice':
      return value === 'none'
    case 'tools':
    case 'functions':
      return Array.isArray(value) && value.length === 0
    case 'service_tier':
      return value === 'auto'
    default:
      return false
  }
}
