import { costPerToken, maxTokens } from '../../pricing/index.js'
import { BadRequestError, shortened } from '../errors.js'
import { estimateTokens } from '../tokens/estimate.js'
import type { CompletionRequest } from '../types/options.js'

/** Output tokens of models whose limit is unknown. */
const unknownLimit = 8192

/** Texts per token at the least: no text has more tokens than this share of its characters, in any common language. */
const tokensPerCharacter = 1

/**
 * The highest cost of a request in US dollars: its estimated prompt with the expected error, and all the output that it may have.
 * @param batch at the price of the provider's batch API
 * @throws {BadRequestError} if the model has no price
 */
export function highestCost(request: object, batch = false): number {
  const { model = '', baseModel, n, max_tokens, max_completion_tokens } = request as Partial<CompletionRequest>
  const priced = baseModel ?? model
  const output = max_completion_tokens ?? max_tokens ?? maxTokens(priced) ?? unknownLimit
  const usage = {
    prompt_tokens: promptTokens(request as Readonly<Record<string, unknown>>, priced),
    completion_tokens: output * (n ?? 1),
  }
  const { total } = costPerToken({
    model: priced,
    usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens },
    batch,
  })
  if (total !== undefined) return total
  throw new BadRequestError(
    `'maxCost' needs a price of '${shortened(priced)}', which the table doesn't have. Pass 'estimate', a function of the request, or registerModel().`,
    { param: 'maxCost' },
  )
}

function promptTokens(request: Readonly<Record<string, unknown>>, model: string): number {
  const { messages, tools } = request as Partial<CompletionRequest>
  if (Array.isArray(messages)) {
    try {
      const { tokens, expectedError } = estimateTokens({ model, messages, ...(tools && { tools }) })
      return Math.ceil(tokens * (1 + expectedError.p95))
    } catch {
      // messages of another API
    }
  }
  return Math.ceil(JSON.stringify(request).length * tokensPerCharacter)
}
