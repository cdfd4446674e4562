export interface Size {
  readonly width: number
  readonly height: number
}

/** Bytes decoded to find the size: a JPEG may contain a preview image first. */
const HEAD = 262_144

/** The size of a PNG, JPEG, GIF or WebP image, in pixels, read from its first bytes. */
export const imageSize = (url: string): Size | undefined => {
  const comma = url.startsWith('data:') ? url.indexOf(',') : -1
  if (comma === -1) return undefined
  const bytes = Buffer.from(url.slice(comma + 1, comma + 1 + Math.ceil(HEAD / 3) * 4), 'base64')
  const size = bytes.length < 30 ? undefined : sizeOf(bytes)
  return size && size.width > 0 && size.height > 0 ? size : undefined
}

const sizeOf = (bytes: Buffer): Size | undefined => {
  if (bytes.readUInt32BE(0) === 0x89504e47) return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  if (bytes.toString('latin1', 0, 3) === 'GIF') return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) }
  if (bytes.readUInt16BE(0) === 0xffd8) return jpegSize(bytes)
  return bytes.toString('latin1', 8, 12) === 'WEBP' ? webpSize(bytes) : undefined
}

/** Walks the segments to the frame header. */
const jpegSize = (bytes: Buffer): Size | undefined => {
  let at = 2
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return undefined
}

const webpSize = (bytes: Buffer): Size | undefined => {
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3) }
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21)
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) }
    }
    case 'VP8 ':
      return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
    default:
      return undefined
  }
}
