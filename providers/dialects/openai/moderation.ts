import type { ModerationParams, ModerationResponse } from '../../../src/types/moderation.js'
import {
  type DecodeContext,
  type Decoded,
  type EncodeContext,
  type Encoded,
  type OperationDialect,
  ProviderFault,
} from '../../contract.js'
import { isFields, textIn } from '../../fields.js'
import { isError } from './decode.js'

/** Moderation of an API. */
export type ModerationDialect<Quirks = unknown> = OperationDialect<ModerationParams, ModerationResponse, Quirks>

function encode({ extra_body: _, ...params }: ModerationParams, { model }: EncodeContext): Encoded {
  return { body: { ...params, model } }
}

function decode(body: unknown, context: DecodeContext): Decoded<ModerationResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (!Array.isArray(body.results)) {
    throw new ProviderFault("its answer has no 'results'", isError(body) ? body : undefined)
  }
  const results = body.results.map((result, at) => {
    if (!isFields(result) || !isFields(result.categories)) throw new ProviderFault(`its result ${at} is not one`)
    // Mistral flags categories only
    const flagged = result.flagged ?? Object.values(result.categories).some((one) => one === true)
    return { ...result, flagged }
  })
  return {
    id: textIn(body, 'id') || context.fallbackId,
    model: textIn(body, 'model') || context.model,
    results: results as ModerationResponse['results'],
  }
}

/** https://platform.openai.com/docs/api-reference/moderations; Mistral has the same: https://docs.mistral.ai/capabilities/guardrailing */
export const moderationDialect: ModerationDialect = Object.freeze({ encode, decode })
