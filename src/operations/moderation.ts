import { BadRequestError, got } from '../errors.js'
import type { ModerationParams, ModerationRequest, ModerationResponse } from '../types/moderation.js'
import type { CallOptions } from '../types/options.js'
import { plainOperation } from './plain.js'

export interface ModerationMethod<Extra, Options> {
  /**
   * Classifies texts or images as harmful, by category.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { results } = await client.moderation({ input: 'I want to hurt them.' })
   * results[0]?.flagged
   */
  moderation(request: ModerationRequest & Extra, options?: CallOptions & Options): Promise<ModerationResponse>
}

export const moderation = plainOperation<ModerationParams, ModerationResponse>({
  name: 'moderation',
  params: new Set(['model', 'input', 'extra_body']),
  defaultModel: 'openai/omni-moderation-latest',
  probe: { mode: 'moderation', params: (prompt) => ({ input: prompt }) },
  check({ input }) {
    if (typeof input !== 'string' && (!Array.isArray(input) || input.length === 0)) {
      throw new BadRequestError(
        `'input' must be a string, or a non-empty array of strings or of parts such as { type: 'text', text }; ${got(input)}.`,
        { param: 'input' },
      )
    }
  },
  openai: async () => (await import('../../providers/dialects/openai/moderation.js')).moderationDialect,
  unsupported: ({ name }) => `${name} has no moderation here. OpenAI and Mistral do.`,
})
