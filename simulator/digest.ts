import { createHash } from 'node:crypto'

/** Creation time of every simulated answer, in Unix seconds. */
export const createdAt = 1_700_000_000

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export function hash(...parts: readonly string[]): Buffer {
  const digest = createHash('sha256')
  for (const part of parts) digest.update(part).update('\0')
  return digest.digest()
}

/** An id of 24 letters and digits, the same for the same seed. */
export function idOf(seed: string, label: string): string {
  let id = ''
  for (const byte of hash(seed, label).subarray(0, 24)) id += alphabet[byte % alphabet.length]
  return id
}

/** About four characters per token, the average of English text. Never 0 for non-empty text. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** Splits text into words, each with its leading white space. */
export function words(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** Splits text into pieces of at most `size` characters, without splitting a character. */
export function pieces(text: string, size: number): string[] {
  const out: string[] = []
  let piece = ''
  let length = 0
  for (const character of text) {
    piece += character
    if (++length < size) continue
    out.push(piece)
    piece = ''
    length = 0
  }
  if (piece !== '') out.push(piece)
  return out
}

export function clip(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text
}

/** The signature of a thinking block. The first byte makes its base64 start with `E`, like Anthropic's. */
export function sign(thinking: string): string {
  const parts: Buffer[] = [Buffer.from([0x12, 0xb5, 0x01, 0x0a])]
  for (let i = 0; i < 4; i++) parts.push(hash('thinking', String(i), thinking))
  return Buffer.concat(parts).toString('base64')
}

/** A vector of length 1, the same for the same input. */
export function vectorOf(input: string, dimensions: number): number[] {
  const seed = hash('embedding', input)
  let state = seed.readUInt32LE(0) || 1
  const vector = new Array<number>(dimensions)
  let sum = 0
  for (let i = 0; i < dimensions; i++) {
    // xorshift32: random enough for a fake vector
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const value = (state >>> 0) / 0x80000000 - 1
    vector[i] = value
    sum += value * value
  }
  const length = Math.sqrt(sum) || 1
  return vector.map((value) => Math.fround(value / length))
}
