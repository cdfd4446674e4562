import { count, type Fields, isObject, object, objects } from '../wire/json.js'
import type { ExpectedUsage } from './expectation.js'

/**
 * Usage as OpenAI-shaped hosts send it, brought to the definition in `src/types/chat.ts`.
 * xAI (also behind Azure) counts reasoning outside of `completion_tokens`: its `total_tokens` proves it.
 */
export function usageOfOpenAI(wire: unknown): ExpectedUsage | undefined {
  if (!isObject(wire)) return undefined
  const input = object(wire.prompt_tokens_details)
  const output = object(wire.completion_tokens_details)
  const said = count(wire.prompt_tokens) ?? 0
  const visible = count(wire.completion_tokens) ?? 0
  const reasoning = count(output.reasoning_tokens) ?? count(wire.reasoning_tokens)
  const total = count(wire.total_tokens)
  // Mistral counts sound beside the prompt: its total proves it
  const audio = count(input.audio_tokens) ?? 0
  const prompt = audio > said && total === said + visible + audio ? said + audio : said
  // Vercel's gateway says more than the whole completion for Gemini, and counts it in no sum: what it bills proves that it is beside it
  const outside = reasoning !== undefined && (total === prompt + visible + reasoning || reasoning > visible)
  const completion = outside ? visible + reasoning : visible
  return {
    prompt,
    completion,
    cached: firstCount(
      input.cached_tokens,
      wire.prompt_cache_hit_tokens,
      // Together, Moonshot
      wire.cached_tokens,
      // Mistral
      wire.num_cached_tokens,
      // Databricks passes Anthropic's counters on
      wire.cache_read_input_tokens,
    ),
    cacheWritten: firstCount(
      input.cache_write_tokens,
      // Doubleword
      input.cache_creation_tokens,
      // Databricks, Vercel's gateway
      wire.cache_creation_input_tokens,
    ),
    reasoning,
    cost: costOf(wire),
  }
}

const firstCount = (...values: unknown[]): number | undefined => values.map(count).find((value) => value !== undefined)

/** OpenRouter says dollars, Perplexity too, one level down, xAI ticks of 1e-10 dollars (https://docs.x.ai/docs/key-information/consumption-and-rate-limits). */
function costOf(wire: Fields): number | undefined {
  const ticks = count(wire.cost_in_usd_ticks)
  return count(wire.cost) ?? count(object(wire.cost).total_cost) ?? (ticks === undefined ? undefined : ticks / 1e10)
}

/**
 * Anthropic counts cache reads, cache writes and the rest of the prompt apart. What compaction took is billed too, and is not
 * in the totals: https://platform.claude.com/docs/en/build-with-claude/compaction (usage).
 */
export function usageOfAnthropic(wire: Fields): ExpectedUsage {
  const parts = [wire, ...objects(wire.iterations).filter(({ type }) => type === 'compaction')]
  const sum = (read: (part: Fields) => unknown): number | undefined => {
    const said = parts.map((part) => count(read(part))).filter((value) => value !== undefined)
    return said.length === 0 ? undefined : said.reduce((a, b) => a + b, 0)
  }
  const cached = sum((part) => part.cache_read_input_tokens)
  const cacheWritten = sum((part) => part.cache_creation_input_tokens)
  return {
    prompt: (sum((part) => part.input_tokens) ?? 0) + (cached ?? 0) + (cacheWritten ?? 0),
    completion: sum((part) => part.output_tokens) ?? 0,
    cached,
    cacheWritten,
    reasoning: sum((part) => object(part.output_tokens_details).thinking_tokens),
    cost: undefined,
  }
}

/** The cumulative counters of a stream: what `message_delta` says replaces what `message_start` said, unless it is null. */
export const laterUsage = (before: Fields, now: Fields): Fields => ({
  ...before,
  ...Object.fromEntries(Object.entries(now).filter(([, value]) => value !== null && value !== undefined)),
})
