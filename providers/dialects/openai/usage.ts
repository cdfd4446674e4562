import type { Usage } from '../../../src/types/chat.js'
import { countOf as count, type Fields, isFields } from '../../fields.js'
import type { OpenAIQuirks } from './quirks.js'

/**
 * A host's usage by the definition in `docs/usage.md`. Undefined if the host sends none.
 * https://platform.openai.com/docs/api-reference/chat/object#chat/object-usage
 */
export function usageOf(raw: unknown, quirks: OpenAIQuirks, model = ''): Usage | undefined {
  if (!isFields(raw)) return undefined
  // gateways send the names of the Responses API as well
  const given = count(raw.completion_tokens) ?? count(raw.output_tokens)
  const prompt = count(raw.prompt_tokens) ?? count(raw.input_tokens) ?? promptOfTotal(raw, given)
  // a partial usage would give a partial price
  if (prompt === undefined) return undefined
  const input = promptTokens(raw, prompt, given ?? 0)
  const promptDetails = promptDetailsOf(raw, input)
  const reasoning = reasoningOf(raw)
  const output = completionTokens(raw, input, given ?? 0, reasoning, quirks.reasoningApart, model)
  const usage: Usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  if (promptDetails) usage.prompt_tokens_details = promptDetails
  const completionDetails = completionDetailsOf(raw, output, reasoning)
  if (completionDetails) usage.completion_tokens_details = completionDetails
  if (isFields(raw.server_tool_use)) usage.server_tool_use = raw.server_tool_use
  const cost = costOf(raw)
  if (cost !== undefined) usage.cost = cost
  return usage
}

const detailsIn = (raw: Fields, name: string, other: string): Fields | undefined => {
  const details = raw[name] ?? raw[other]
  return isFields(details) ? details : undefined
}

const promptOfTotal = (raw: Fields, completion: number | undefined): number | undefined => {
  const total = count(raw.total_tokens)
  return total === undefined || completion === undefined || total < completion ? undefined : total - completion
}

/** Mistral counts audio tokens beside the prompt: the total is then the sum of all three. Seen in recordings of Voxtral. */
function promptTokens(raw: Fields, given: number, completion: number): number {
  const details = detailsIn(raw, 'prompt_tokens_details', 'input_tokens_details')
  const audio = count(details?.audio_tokens)
  return audio && audio > given && count(raw.total_tokens) === given + completion + audio ? given + audio : given
}

/**
 * xAI counts reasoning beside the completion, not in it: the total is then the sum of all three.
 * https://docs.x.ai/docs/guides/reasoning; seen in every recording of its reasoning models. Vercel's AI Gateway leaves the thoughts of
 * Gemini out of the total, too: every recording has more of them than completion tokens.
 */
function completionTokens(
  raw: Fields,
  prompt: number,
  given: number,
  reasoning: number | undefined,
  reasoningApart: OpenAIQuirks['reasoningApart'],
  model: string,
): number {
  if (!reasoning) return given
  const total = count(raw.total_tokens)
  const known = typeof reasoningApart === 'string' && model.startsWith(reasoningApart)
  const apart =
    known || (total === undefined ? reasoningApart === true || reasoning > given : total === prompt + given + reasoning)
  return apart ? given + reasoning : given
}

const reasoningOf = (raw: Fields): number | undefined => {
  const details = detailsIn(raw, 'completion_tokens_details', 'output_tokens_details')
  return count(details?.reasoning_tokens) ?? count(raw.reasoning_tokens)
}

function promptDetailsOf(raw: Fields, prompt: number): Usage['prompt_tokens_details'] {
  const details = detailsIn(raw, 'prompt_tokens_details', 'input_tokens_details')
  const cached =
    count(details?.cached_tokens) ??
    count(raw.prompt_cache_hit_tokens) ??
    count(raw.cached_tokens) ??
    count(raw.num_cached_tokens) ??
    count(raw.cache_read_input_tokens)
  const written =
    count(details?.cache_creation_tokens) ??
    count(details?.cache_write_tokens) ??
    count(raw.cache_creation_input_tokens)
  // most hosts send no details: an object of absent counts would be made and thrown away
  if (details === undefined && cached === undefined && written === undefined) return undefined
  const known = counts({
    cached_tokens: atMost(cached, prompt),
    cache_creation_tokens: atMost(written, prompt - (cached ?? 0)),
    audio_tokens: atMost(count(details?.audio_tokens), prompt),
    image_tokens: atMost(count(details?.image_tokens), prompt),
    text_tokens: atMost(count(details?.text_tokens), prompt),
  })
  const lifetimes = lifetimesOf(details)
  return lifetimes ? { ...known, cache_creation_token_details: lifetimes } : known
}

/**
 * Cache writes by lifetime: OpenAI's 30 minutes and 12 hours; gateways report Anthropic's under its names.
 * https://platform.openai.com/docs/guides/prompt-caching
 */
function lifetimesOf(
  details: Fields | undefined,
): Counts<`ephemeral_${'5m' | '30m' | '1h' | '12h'}_input_tokens`> | undefined {
  const own = isFields(details?.cache_write_tokens_details) ? details.cache_write_tokens_details : undefined
  const other = isFields(details?.cache_creation_token_details) ? details.cache_creation_token_details : undefined
  if (!own && !other) return undefined
  return counts({
    ephemeral_5m_input_tokens: count(other?.ephemeral_5m_input_tokens),
    ephemeral_30m_input_tokens: count(own?.ttl_30m_tokens) ?? count(other?.ephemeral_30m_input_tokens),
    ephemeral_1h_input_tokens: count(other?.ephemeral_1h_input_tokens),
    ephemeral_12h_input_tokens: count(own?.ttl_12h_tokens) ?? count(other?.ephemeral_12h_input_tokens),
  })
}

function completionDetailsOf(
  raw: Fields,
  completion: number,
  reasoning: number | undefined,
): Usage['completion_tokens_details'] {
  const details = detailsIn(raw, 'completion_tokens_details', 'output_tokens_details')
  if (details === undefined && reasoning === undefined) return undefined
  return counts({
    reasoning_tokens: atMost(reasoning, completion),
    audio_tokens: atMost(count(details?.audio_tokens), completion),
    image_tokens: atMost(count(details?.image_tokens), completion),
    text_tokens: atMost(count(details?.text_tokens), completion),
    accepted_prediction_tokens: count(details?.accepted_prediction_tokens),
    rejected_prediction_tokens: count(details?.rejected_prediction_tokens),
  })
}

/** A part never exceeds its total. */
const atMost = (part: number | undefined, total: number) =>
  part === undefined ? undefined : Math.min(part, Math.max(0, total))

type Counts<Name extends string> = { [name in Name]?: number }

function counts<Name extends string>(all: { [name in Name]: number | undefined }): Counts<Name> | undefined {
  const known: Counts<Name> = {}
  let any = false
  for (const name in all) {
    const count = all[name]
    if (count === undefined) continue
    known[name] = count
    any = true
  }
  return any ? known : undefined
}

/** US dollars: OpenRouter's `cost`, Perplexity's `cost.total_cost`, xAI's ticks of 1e-10, DeepInfra's `estimated_cost`. */
export function costOf(raw: Fields): number | undefined {
  const plain = count(raw.cost) ?? count(raw.estimated_cost)
  if (plain !== undefined) return plain
  if (isFields(raw.cost)) return count(raw.cost.total_cost)
  const ticks = count(raw.cost_in_usd_ticks)
  return ticks === undefined ? undefined : ticks / 1e10
}
