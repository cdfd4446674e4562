import { fromBase64 } from '../platform/index.js'

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
  const bytes = fromBase64(url.slice(comma + 1, comma + 1 + Math.ceil(HEAD / 3) * 4))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = bytes.length < 30 ? undefined : sizeOf(view)
  return size && size.width > 0 && size.height > 0 ? size : undefined
}

const text = (bytes: DataView, from: number, to: number): string =>
  String.fromCharCode(...new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from))

const sizeOf = (bytes: DataView): Size | undefined => {
  if (bytes.getUint32(0) === 0x89504e47) return { width: bytes.getUint32(16), height: bytes.getUint32(20) }
  if (text(bytes, 0, 3) === 'GIF') return { width: bytes.getUint16(6, true), height: bytes.getUint16(8, true) }
  if (bytes.getUint16(0) === 0xffd8) return jpegSize(bytes)
  return text(bytes, 8, 12) === 'WEBP' ? webpSize(bytes) : undefined
}

/** Walks the segments to the frame header. */
const jpegSize = (bytes: DataView): Size | undefined => {
  let at = 2
  while (at + 9 < bytes.byteLength && bytes.getUint8(at) === 0xff) {
    const marker = bytes.getUint8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { height: bytes.getUint16(at + 5), width: bytes.getUint16(at + 7) }
    at += 2 + bytes.getUint16(at + 2)
  }
  return undefined
}

const webpSize = (bytes: DataView): Size | undefined => {
  switch (text(bytes, 12, 16)) {
    case 'VP8X':
      return { width: 1 + (bytes.getUint32(24, true) & 0xffffff), height: 1 + (bytes.getUint32(27, true) & 0xffffff) }
    case 'VP8L': {
      const bits = bytes.getUint32(21, true)
      return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) }
    }
    case 'VP8 ':
      return { width: bytes.getUint16(26, true) & 0x3fff, height: bytes.getUint16(28, true) & 0x3fff }
    default:
      return undefined
  }
}
