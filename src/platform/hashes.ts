/** Hashes in plain JavaScript, for runtimes without `node:crypto`: WebCrypto is asynchronous, and the callers are not. */

const encoder = new TextEncoder()

/** Fractional bits of the roots of primes, of which SHA-2 makes its constants. */
const fraction = (value: number): number => ((value - Math.floor(value)) * 2 ** 32) | 0

const { starts, rounds } = constants()

function constants(): { starts: Int32Array; rounds: Int32Array } {
  const primes: number[] = []
  for (let candidate = 2; primes.length < 64; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  }
  return {
    starts: Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
    rounds: Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
  }
}

/** The message with its padding, in whole blocks of 64 bytes. */
function padded(message: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(Math.ceil((message.length + 9) / 64) * 64))
  const bytes = new Uint8Array(view.buffer)
  bytes.set(message)
  bytes[message.length] = 0x80
  view.setUint32(bytes.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(bytes.length - 4, message.length << 3)
  return view
}

const rotated = (word: number, bits: number): number => (word >>> bits) | (word << (32 - bits))

/** https://csrc.nist.gov/pubs/fips/180-4/upd1/final */
export function sha256(message: Uint8Array): Uint8Array {
  const blocks = padded(message)
  const state = Int32Array.from(starts)
  const words = new Int32Array(64)
  const word = (at: number): number => words[at] as number
  for (let block = 0; block < blocks.byteLength; block += 64) {
    for (let at = 0; at < 16; at++) words[at] = blocks.getInt32(block + at * 4)
    for (let at = 16; at < 64; at++) {
      const [early, late] = [word(at - 15), word(at - 2)]
      const first = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
      const second = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
      words[at] = word(at - 16) + first + word(at - 7) + second
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let at = 0; at < 64; at++) {
      const sum = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
      const one = (h + sum + ((e & f) ^ (~e & g)) + (rounds[at] as number) + word(at)) | 0
      const two = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
    }
    add(state, [a, b, c, d, e, f, g, h])
  }
  return bytesOf(state)
}

/** For the names of Redis scripts. */
export function sha1(message: Uint8Array): Uint8Array {
  const blocks = padded(message)
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0)
  const words = new Int32Array(80)
  const word = (at: number): number => words[at] as number
  for (let block = 0; block < blocks.byteLength; block += 64) {
    for (let at = 0; at < 16; at++) words[at] = blocks.getInt32(block + at * 4)
    for (let at = 16; at < 80; at++)
      words[at] = rotated(word(at - 3) ^ word(at - 8) ^ word(at - 14) ^ word(at - 16), 31)
    let [a, b, c, d, e] = state as unknown as [number, number, number, number, number]
    for (let at = 0; at < 80; at++) {
      const [mixed, constant] = sha1Step(at, b, c, d)
      const next = (rotated(a, 27) + mixed + e + constant + word(at)) | 0
      ;[e, d, c, b, a] = [d, c, rotated(b, 2), a, next]
    }
    add(state, [a, b, c, d, e])
  }
  return bytesOf(state)
}

function sha1Step(at: number, b: number, c: number, d: number): [mixed: number, constant: number] {
  if (at < 20) return [(b & c) | (~b & d), 0x5a827999]
  if (at < 40) return [b ^ c ^ d, 0x6ed9eba1]
  return at < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc] : [b ^ c ^ d, 0xca62c1d6]
}

function add(state: Int32Array, values: readonly number[]): void {
  for (const [at, value] of values.entries()) state[at] = (state[at] as number) + value
}

function bytesOf(state: Int32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(state.length * 4))
  for (const [at, value] of state.entries()) view.setInt32(at * 4, value)
  return new Uint8Array(view.buffer)
}

export function digest(algorithm: 'sha1' | 'sha256', text: string, encoding: 'hex' | 'base64url'): string {
  const bytes = (algorithm === 'sha1' ? sha1 : sha256)(encoder.encode(text))
  if (encoding === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** https://www.rfc-editor.org/rfc/rfc2104 */
export function hmacSha256(key: Uint8Array | string, text: string): Uint8Array {
  const given = typeof key === 'string' ? encoder.encode(key) : key
  const block = new Uint8Array(64)
  block.set(given.length > 64 ? sha256(given) : given)
  const message = encoder.encode(text)
  const inner = new Uint8Array(64 + message.length)
  inner.set(block.map((byte) => byte ^ 0x36))
  inner.set(message, 64)
  const outer = new Uint8Array(96)
  outer.set(block.map((byte) => byte ^ 0x5c))
  outer.set(sha256(inner), 64)
  return sha256(outer)
}
