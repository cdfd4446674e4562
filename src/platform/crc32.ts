let table: Int32Array | undefined

/**
 * The checksum of AWS's event streams, of bytes from one place to another. Eight bytes are looked up at once ("slicing by eight"): a message
 * of 200 bytes takes a third of the time of one byte after the other.
 * @param before the checksum of the bytes before them
 * https://www.rfc-editor.org/rfc/rfc1952#section-8
 */
export function crc32(bytes: Uint8Array, from = 0, to = bytes.length, before = 0): number {
  table ??= crcTable()
  const t = table
  let crc = ~before
  let at = from
  for (const last = to - 8; at <= last; at += 8) {
    crc =
      look(t, 0x700 | ((crc ^ look(bytes, at)) & 0xff)) ^
      look(t, 0x600 | (((crc >>> 8) ^ look(bytes, at + 1)) & 0xff)) ^
      look(t, 0x500 | (((crc >>> 16) ^ look(bytes, at + 2)) & 0xff)) ^
      look(t, 0x400 | ((crc >>> 24) ^ look(bytes, at + 3))) ^
      look(t, 0x300 | look(bytes, at + 4)) ^
      look(t, 0x200 | look(bytes, at + 5)) ^
      look(t, 0x100 | look(bytes, at + 6)) ^
      look(t, look(bytes, at + 7))
  }
  for (; at < to; at++) crc = (crc >>> 8) ^ look(t, (crc ^ look(bytes, at)) & 0xff)
  return ~crc >>> 0
}

const look = (of: Int32Array | Uint8Array, at: number): number => of[at] as number

/** Checksums of each byte, followed by none to seven zero bytes: 256 for each number of them. */
function crcTable(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let at = 0; at < made.length; at++) {
    if (at < 256) {
      let value = at
      for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
      made[at] = value
    } else {
      const before = look(made, at - 256)
      made[at] = (before >>> 8) ^ look(made, before & 0xff)
    }
  }
  return made
}
