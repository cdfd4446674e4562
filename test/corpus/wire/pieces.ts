import type { Recording } from './recording.js'
import { wire } from './recording.js'

/** The network writes of a response: as recorded where the corpus knows, else irregular, and the same in every run. */
export function pieces(recording: Recording): Buffer[] {
  const bytes = wire(recording)
  const { stream, chunk_bytes: recorded } = recording.response
  if (stream === undefined) return [bytes]
  return cut(bytes, recorded ?? irregular(recording.id, bytes.length))
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const out: Buffer[] = []
  let at = 0
  for (const size of sizes) {
    if (size > 0 && at < bytes.length) out.push(bytes.subarray(at, at + size))
    at += size
  }
  if (at < bytes.length) out.push(bytes.subarray(at))
  return out
}

/** About twenty sizes from one byte to a good part of the whole, drawn from the recording's id. */
function irregular(id: string, length: number): number[] {
  const sizes: number[] = []
  let state = 7
  for (const character of id) state = (state * 31 + character.charCodeAt(0)) >>> 0
  for (let left = length; left > 0; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const size = 1 + (state % Math.max(2, Math.ceil(length / 10)))
    sizes.push(size)
    left -= size
  }
  return sizes
}
