/** Digits of two characters each hold 13 bits: 91 × 91 values, written with the printable characters from `#` on, without `\`. */
const base = 91
const bitsOfPair = 13
const first = 0x23
const backslash = 0x5c

const charOf = (digit: number): string => String.fromCharCode(digit + first + (digit + first >= backslash ? 1 : 0))

const digitOf = (code: number): number => code - first - (code > backslash ? 1 : 0)

/** Bytes as text that needs no escapes in a script, 8 % shorter than base64. */
export function packBytes(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  const write = (value: number) => {
    text += charOf(Math.floor(value / base)) + charOf(value % base)
  }
  for (const byte of bytes) {
    held |= byte << bits
    bits += 8
    if (bits < bitsOfPair) continue
    write(held & ((1 << bitsOfPair) - 1))
    held >>= bitsOfPair
    bits -= bitsOfPair
  }
  if (bits > 0) write(held)
  return text
}

/** The bytes of a packed text. Up to one byte more than it was made of. */
export function unpackBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(((text.length / 2) * bitsOfPair) / 8))
  let held = 0
  let bits = 0
  let at = 0
  for (let index = 0; index + 1 < text.length; index += 2) {
    const value = digitOf(text.charCodeAt(index)) * base + digitOf(text.charCodeAt(index + 1))
    held |= value << bits
    bits += bitsOfPair
    for (; bits >= 8 && at < bytes.length; bits -= 8) {
      bytes[at++] = held & 0xff
      held >>= 8
    }
  }
  return bytes
}

/** The tables of all providers, from the packed form. */
export function unpackTables(text: string): Record<string, string> {
  const [providers = '', ...lines] = text.split('\n')
  const half = lines.length / 2
  const tables: Record<string, string> = {}
  let at = 0
  for (const entry of providers.split(',')) {
    const [provider = '', count] = entry.split(' ')
    const end = at + Number(count)
    tables[provider] = lines
      .slice(at, end)
      .map((id, index) => `${id} ${lines[half + at + index]}`)
      .join('\n')
    at = end
  }
  return tables
}
