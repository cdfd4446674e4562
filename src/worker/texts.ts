import { inflateSync } from 'fflate'
import { unpackBytes } from '../../pricing/unpack.js'
import { utf8 } from '../platform/index.js'
import { packedTexts } from './texts.packed.js'

let texts: readonly (readonly string[])[] | undefined

/**
 * A text of the build for workers, with its values. The build replaces texts of errors and warnings by calls of this function, because
 * together they are half smaller: see tsup.worker.ts.
 */
export function text(number: number, ...values: unknown[]): string {
  texts ??= utf8(inflateSync(unpackBytes(packedTexts)))
    .split('\u0001')
    .map((each) => each.split('\u0000'))
  const [first = '', ...rest] = texts[number] ?? []
  return rest.reduce((all, part, index) => `${all}${values[index]}${part}`, first)
}
