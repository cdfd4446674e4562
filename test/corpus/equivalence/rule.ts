import { type Fields, isObject } from '../wire/json.js'

/**
 * A difference between what llmux sends and what was recorded that is meant. A rule brings both bodies, which are copies,
 * to a common form; what differs after all of them is a miss.
 */
export interface Rule {
  readonly name: string
  readonly reason: string
  apply(sent: Fields, recorded: Fields): void
}

/** A rule that does the same to both sides. */
export const same = (name: string, reason: string, change: (body: Fields) => unknown): Rule => ({
  name,
  reason,
  apply: (sent, recorded) => {
    change(sent)
    change(recorded)
  },
})

/** JSON Schemas and tool inputs are the caller's own data, where null is a value. */
const opaque = new Set(['parameters', 'input_schema', 'schema', 'input', 'arguments'])

export function dropNulls(value: unknown): void {
  if (Array.isArray(value)) value.forEach(dropNulls)
  if (!isObject(value)) return
  for (const [key, inner] of Object.entries(value)) {
    if (inner === null) delete value[key]
    else if (!opaque.has(key)) dropNulls(inner)
  }
}
