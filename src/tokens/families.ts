import type { Family } from './family.js'
import { families } from './family-table.js'
import { heads } from './heads.js'
import { lookup } from './names.js'

export type { Family }

/** The family of a model, or `unknown`. */
export const familyOf = (model: string): Family => families()[lookup(heads, model) ?? 'unknown']
