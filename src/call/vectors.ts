import { fromBase64 } from '../platform/index.js'

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** A vector from numbers, or from OpenAI's base64 of little-endian float32. */
export function toVector(data: number[] | string): Float32Array {
  if (typeof data !== 'string') return Float32Array.from(data)
  const bytes = fromBase64(data)
  const length = bytes.length >>> 2
  if (littleEndian && bytes.byteOffset % 4 === 0) {
    // a small Buffer is a slice of Node's shared pool: a copy does not retain that
    const view = new Float32Array(bytes.buffer, bytes.byteOffset, length)
    return bytes.buffer.byteLength === bytes.length ? view : view.slice()
  }
  const vector = new Float32Array(length)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = 0; at < length; at++) vector[at] = view.getFloat32(at * 4, true)
  return vector
}

export function toNumbers(data: number[] | string): number[] {
  if (typeof data !== 'string') return data
  const vector = toVector(data)
  const numbers = new Array<number>(vector.length)
  for (let at = 0; at < vector.length; at++) numbers[at] = vector[at] as number
  return numbers
}
