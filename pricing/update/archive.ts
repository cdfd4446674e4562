import { gunzipSync, inflateRawSync } from 'node:zlib'

/** Files of a `.tgz`, by name. */
export function entriesOfTar(archive: Buffer): Map<string, Buffer> {
  const tar = gunzipSync(archive)
  const files = new Map<string, Buffer>()
  for (let at = 0; at + 512 <= tar.length; ) {
    const name = text(tar, at, 100)
    if (name === '') break
    const prefix = text(tar, at + 345, 155)
    const size = Number.parseInt(text(tar, at + 124, 12).trim(), 8)
    const start = at + 512
    files.set(prefix === '' ? name : `${prefix}/${name}`, tar.subarray(start, start + size))
    at = start + Math.ceil(size / 512) * 512
  }
  return files
}

const text = (tar: Buffer, at: number, length: number): string =>
  tar.toString('utf8', at, at + length).split('\0', 1)[0] ?? ''

/** One file of a zip archive (a Python wheel). */
export function entryOfZip(zip: Buffer, wanted: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  for (let index = 0; index < count; index++) {
    const nameLength = zip.readUInt16LE(at + 28)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    if (name === wanted) {
      const local = zip.readUInt32LE(at + 42)
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
      const data = zip.subarray(start, start + zip.readUInt32LE(at + 20))
      return zip.readUInt16LE(at + 10) === 0 ? data : inflateRawSync(data)
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  throw new Error(`The wheel must contain ${wanted}.`)
}
