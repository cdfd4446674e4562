import type { Decoded, ModerationDialect } from '../../providers/contract.js'
import type { OperationSpec } from '../call/operation.js'
import { BadRequestError, got } from '../errors.js'
import type { ModerationParams, ModerationResponse } from '../types/moderation.js'

export const moderation: OperationSpec<ModerationDialect, Decoded<ModerationResponse>> = {
  name: 'moderation',
  api: 'moderation',
  method: 'moderation',
  path: '/v1/moderations',
  params: new Set(['model', 'input', 'extra_body']),
  defaultModel: 'openai/omni-moderation-latest',
  check({ input }) {
    if (typeof input !== 'string' && (!Array.isArray(input) || input.length === 0)) {
      throw new BadRequestError(
        `'input' must be a string, or a non-empty array of strings or of parts such as { type: 'text', text }; ${got(input)}.`,
        { param: 'input' },
      )
    }
  },
  part: (dialect) => dialect.moderation,
  unsupported: ({ name }) => `${name} has no moderation here. OpenAI and Mistral do.`,
  encode: (part, params, context) => part.encode(params as unknown as ModerationParams, context),
  decode: (part, body, context) => part.decode(body, context),
  settle: (call, { model }) => call.settle(undefined, { answeredModel: model }),
}
