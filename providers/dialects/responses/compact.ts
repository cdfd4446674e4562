import type { CompactResponseParams, CompactResponseResponse } from '../../../src/types/stored-response.js'
import {
  type DecodeContext,
  type Decoded,
  type EncodeContext,
  type Encoded,
  type OperationDialect,
  ProviderFault,
} from '../../contract.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import { usageOf } from './usage.js'

/** Compaction of an API. */
export type CompactDialect<Quirks = unknown> = OperationDialect<CompactResponseParams, CompactResponseResponse, Quirks>

function encode({ extra_body: _, ...params }: CompactResponseParams, { model }: EncodeContext): Encoded {
  return { body: { ...params, model } }
}

function decode(body: unknown, context: DecodeContext): Decoded<CompactResponseResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (!Array.isArray(body.output)) {
    throw new ProviderFault("its answer has no 'output'", isFields(body.error) ? body : undefined)
  }
  const created = typeof body.created_at === 'number' ? body.created_at : context.created
  return {
    ...body,
    id: textIn(body, 'id') || context.fallbackId,
    object: 'response.compaction',
    created_at: created,
  } as unknown as Decoded<CompactResponseResponse>
}

/** https://platform.openai.com/docs/api-reference/responses/compact */
export const compactDialect: CompactDialect = Object.freeze({ encode, decode })

/** Usage of a compaction by the one definition (`docs/usage.md`). */
export const compactUsage = (answer: Decoded<CompactResponseResponse>) => usageOf(answer as unknown as Fields)
