let table: Int32Array | undefined

/**
 * The checksum of AWS's event streams, of bytes from one place to another.
 * @param before the checksum of the bytes before them
 * https://www.rfc-editor.org/rfc/rfc1952#section-8
 */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length, before = 0): number {
  table ??= crcTable()
  let crc = ~before
  for (let at = from; at < to; at++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}

const crcTable = (): Int32Array =>
  Int32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    return value
  })
