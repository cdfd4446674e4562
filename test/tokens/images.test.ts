import { describe, expect, it } from 'vitest'
import { imageSize } from '../../src/tokens/image-size.js'
import { imageTokens } from '../../src/tokens/images.js'

const uri = (bytes: Buffer): string => `data:image/x;base64,${bytes.toString('base64')}`

const png = (width: number, height: number): string => {
  const bytes = Buffer.alloc(64)
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes)
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return uri(bytes)
}

/** An EXIF segment of `before` bytes, then the frame header. */
const jpeg = (width: number, height: number, before: number): string => {
  const app = Buffer.alloc(before + 4)
  app.writeUInt32BE(0xffe10000 + before + 2, 0)
  const frame = Buffer.from([0xff, 0xc2, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3])
  return uri(Buffer.concat([Buffer.from([0xff, 0xd8]), app, frame, Buffer.alloc(64)]))
}

const webp = (kind: string, at20: string): string =>
  uri(Buffer.concat([Buffer.from(`RIFF....WEBP${kind}....`, 'latin1'), Buffer.from(at20, 'hex'), Buffer.alloc(32)]))

describe('the size of an image', () => {
  it.each([
    ['PNG', png(640, 480), { width: 640, height: 480 }],
    ['JPEG', jpeg(4032, 3024, 12), { width: 4032, height: 3024 }],
    ['JPEG with a preview before it', jpeg(4032, 3024, 60_000), { width: 4032, height: 3024 }],
    [
      'GIF',
      uri(Buffer.concat([Buffer.from('GIF89a'), Buffer.from([0x20, 3, 0x58, 2]), Buffer.alloc(30)])),
      { width: 800, height: 600 },
    ],
    ['WebP, extended', webp('VP8X', '000000001f03005702 00'.replace(' ', '')), { width: 800, height: 600 }],
    ['WebP, lossy', webp('VP8 ', '3001009d012a20035802'), { width: 800, height: 600 }],
    ['WebP, lossless', webp('VP8L', '2f1fc39500'), { width: 800, height: 600 }],
  ])('%s', (_, url, size) => {
    expect(imageSize(url)).toEqual(size)
  })

  it.each([
    'https://example.com/a.png',
    'data:image/png;base64,',
    'data:image/png;base64,AAAA',
    png(0, 10),
    uri(Buffer.alloc(100, 0xff)),
    uri(Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]), Buffer.alloc(200)])),
    'data:',
    '',
  ])('is unknown: %.40s', (url) => {
    expect(imageSize(url)).toBeUndefined()
  })
})

describe('the tokens of an image', () => {
  // Examples of https://platform.openai.com/docs/guides/images-vision#calculating-costs
  it.each([
    ['gpt-4o', png(1024, 1024), 'high', 765],
    ['gpt-4o', png(2048, 4096), 'high', 1105],
    ['gpt-4o', png(4096, 8192), 'low', 85],
    ['gpt-4o', png(4096, 8192), undefined, 1105],
    ['gpt-4o-mini', png(512, 512), undefined, 2833 + 5667],
    ['gpt-4.1-mini', png(1024, 1024), undefined, Math.round(1024 * 1.62)],
    ['gpt-4.1-mini', png(1800, 2400), undefined, Math.round(1452 * 1.62)],
    ['gpt-5', png(512, 512), undefined, 210],
    ['o3', png(512, 512), undefined, 225],
    // https://docs.anthropic.com/en/docs/build-with-claude/vision
    ['claude-sonnet-4-5', png(1000, 1000), undefined, 1333],
    ['claude-sonnet-4-5', png(200, 200), undefined, 53],
    ['claude-sonnet-4-5', png(8000, 8000), undefined, 1600],
    // https://ai.google.dev/gemini-api/docs/tokens
    ['gemini-2.5-flash', png(300, 384), undefined, 258],
  ])('%s, %.30s, %s', (model, url, detail, tokens) => {
    expect(imageTokens(model, url, detail)).toEqual({ tokens })
  })

  it('are assumed for an image behind a URL', () => {
    expect(imageTokens('gpt-4o', 'https://example.com/a.png', 'high')).toEqual({
      tokens: 765,
      reason: 'an image of unknown size, taken for 1024 × 1024',
    })
    expect(imageTokens('gpt-4o', 'https://example.com/a.png', 'low')).toEqual({ tokens: 85 })
    expect(imageTokens('qwen3-vl', png(10, 10), undefined).reason).toContain('not known')
  })
})
