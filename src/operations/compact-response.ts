import { BadRequestError, got } from '../errors.js'
import type { CallOptions } from '../types/options.js'
import type {
  CompactResponseParams,
  CompactResponseRequest,
  CompactResponseResponse,
} from '../types/stored-response.js'
import { plainOperation } from './plain.js'

export interface CompactResponseMethod<Extra, Options> {
  /**
   * Compacts a conversation of the Responses API: `output` of the result is the input of the next request.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { output } = await client.compactResponse({ model: 'openai/gpt-5', previous_response_id: id })
   * await client.responses({ model: 'openai/gpt-5', input: [...output, { role: 'user', content: 'Go on' }] })
   */
  compactResponse(
    request: CompactResponseRequest & Extra,
    options?: CallOptions & Options,
  ): Promise<CompactResponseResponse>
}

type Dialect = typeof import('../../providers/dialects/responses/compact.js')

let loaded: Dialect | undefined

export const compactResponse = plainOperation<CompactResponseParams, CompactResponseResponse>({
  name: 'compactResponse',
  params: new Set([
    ...['model', 'input', 'instructions', 'previous_response_id', 'prompt_cache_key', 'service_tier', 'extra_body'],
  ]),
  check({ input, previous_response_id: previous }) {
    if (typeof input === 'string' || Array.isArray(input) || typeof previous === 'string') return
    throw new BadRequestError(
      `'input' must be a string or an array of items, unless there is a 'previous_response_id'; ${got(input)}.`,
      { param: 'input' },
    )
  },
  async openai() {
    loaded = await import('../../providers/dialects/responses/compact.js')
    return loaded.compactDialect
  },
  unsupported: ({ name }) => `${name} has no compaction here. OpenAI and Azure do.`,
  settle(call, answer) {
    const { service_tier: tier } = answer as { readonly service_tier?: string }
    call.settle(loaded?.compactUsage(answer), { serviceTier: tier })
  },
})
