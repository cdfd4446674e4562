import type { Encoded, NativeDialect } from '../../contract.js'
import { isFields } from '../../fields.js'
import type { GeminiQuirks } from './scope.js'

/** generateContent itself. The request passes unchanged; model and stream are part of its address. */
export const generateContent: NativeDialect<GeminiQuirks> = Object.freeze({
  encode({ model: _, stream: __, contents, ...body }: Readonly<Record<string, unknown>>): Encoded {
    return { body: { contents: turnsOf(contents), ...body } }
  },
})

/** Google's SDK also takes a text or a single turn. */
function turnsOf(contents: unknown): unknown {
  if (typeof contents === 'string') return [{ role: 'user', parts: [{ text: contents }] }]
  return isFields(contents) ? [contents] : contents
}
