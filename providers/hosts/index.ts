import type { CompatibleRow } from '../compatible-row.js'
import { deepFreeze } from '../deep-freeze.js'
import { hostsAToF } from './a-f.js'
import { hostsGToM } from './g-m.js'
import { hostsNToS } from './n-s.js'
import { hostsTToZ } from './t-z.js'

/**
 * The built-in hosts with OpenAI's wire format, sorted by id. To add one, insert its row at its place in the file for the first
 * letter of its id. Rows follow recorded traffic or the host's documentation; others have a comment `unverified`.
 */
export const hosts: readonly CompatibleRow[] = deepFreeze([...hostsAToF, ...hostsGToM, ...hostsNToS, ...hostsTToZ])
