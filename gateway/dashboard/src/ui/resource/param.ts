import type { Field } from './fields.ts'

/** The field that an error is about: also for a part of it, such as `metadata.tags`. */
export function fieldOf(fields: readonly Field[], param: string | undefined): string | undefined {
  if (param === undefined) return undefined
  return fields.find(({ name }) => param === name || param.startsWith(`${name}.`) || param.startsWith(`${name}[`))?.name
}
