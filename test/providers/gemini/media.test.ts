import { describe, expect, it } from 'vitest'
import { BadRequestError } from '../../../src/errors.js'
import { chat, contextOf, encode, paramsOf, turnsOf } from './helpers.js'

type Context = Parameters<typeof turnsOf>[2]

const partOf = (part: unknown, model?: string, context?: Context) =>
  turnsOf([{ role: 'user', content: [part] }], model, context)[0]?.parts[0]
const image = (url: string, more: object = {}) => ({ type: 'image_url', image_url: { url, ...more } })
const file = (fields: object) => ({ type: 'file', file: fields })
const refused = (part: unknown, model?: string) => {
  try {
    partOf(part, model)
  } catch (error) {
    expect(error).toBeInstanceOf(BadRequestError)
    return (error as BadRequestError).message
  }
  throw new Error('nothing was thrown')
}

describe('inline files', () => {
  it.each([
    [image('data:image/jpg;base64,AAAA'), 'image/jpeg', 'AAAA'],
    [{ type: 'image_url', image_url: 'data:image/png;base64,AAAA' }, 'image/png', 'AAAA'],
    [image('data:;base64,AAAA', { format: 'webp' }), 'image/webp', 'AAAA'],
    [image('data:application/octet-stream;base64,JVBERi0='), 'application/pdf', 'JVBERi0='],
    [image('data:text/plain,a%20b'), 'text/plain', 'YSBi'],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }, 'audio/wav', 'AAAA'],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } }, 'audio/mp3', 'AAAA'],
    [{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'opus' } }, 'audio/opus', 'AAAA'],
    [{ type: 'video_url', video_url: { url: 'data:video/mp4;base64,AAAA' } }, 'video/mp4', 'AAAA'],
    [file({ file_data: 'data:text/csv;base64,YSxi' }), 'text/csv', 'YSxi'],
    [file({ file_data: 'JVBERi0=' }), 'application/pdf', 'JVBERi0='],
    [file({ file_data: 'AAAA', filename: 'a.MOV' }), 'video/mov', 'AAAA'],
    [file({ file_data: 'AAAA', format: 'audio/ogg' }), 'audio/ogg', 'AAAA'],
  ])('encodes %j', (part, mimeType, data) => {
    expect(partOf(part)).toEqual({ inlineData: { mimeType, data } })
  })

  it('sends video metadata', () => {
    const video_metadata = { fps: 0.2, start_offset: '10s' }
    expect(partOf(file({ file_data: 'data:video/mp4;base64,AAAA', video_metadata }))).toEqual({
      inlineData: { mimeType: 'video/mp4', data: 'AAAA' },
      videoMetadata: { fps: 0.2, startOffset: '10s' },
    })
    expect(partOf({ type: 'video_url', video_url: { url: 'https://youtu.be/x' }, video_metadata })).toMatchObject({
      videoMetadata: { fps: 0.2 },
    })
  })

  it('drops the image detail with a warning', () => {
    const { warnings } = encode({
      messages: [{ role: 'user', content: [image('data:image/png;base64,AAAA', { detail: 'low' })] }],
    })
    expect(warnings).toMatchObject([{ type: 'dropped', param: 'messages[0].content[0].image_url.detail' }])
  })

  it.each([
    [image('data:image/png;base64,***'), 'must have a data URI of the form'],
    [image(''), "must have a 'image_url.url'"],
    [{ type: 'image_url' }, "must have a 'image_url.url'"],
    [image('ftp://x/a.png'), "got 'ftp://x/a.png'"],
    [image('file-123'), 'must have a URL with https:, gs: or data:'],
    [{ type: 'input_audio', input_audio: {} }, "must have an 'input_audio.data'"],
    [file({}), "must have a 'file_data' or a 'file_id'"],
    [file({ file_data: '{}' }), "must have a 'file_data' of the form"],
    [file({ file_data: 'AAAA' }), "Set 'file.format'"],
    [{ type: 'image', source: { type: 'file', file_id: 'file_1' } }, "got 'file'"],
  ])('rejects %j', (part, why) => {
    expect(refused(part)).toMatch(/^'messages\[0\]\.content\[0\]' /)
    expect(refused(part)).toContain(why)
  })
})

describe('files by URI', () => {
  const files = 'https://generativelanguage.googleapis.com/v1beta/files/abc-1'

  it.each([
    [file({ file_id: files }), { fileUri: files }],
    [file({ file_id: files, format: 'audio/mpeg' }), { mimeType: 'audio/mpeg', fileUri: files }],
    [file({ file_id: 'files/abc-1' }), { fileUri: files }],
    [file({ file_id: 'gs://bucket/a.mp4' }), { mimeType: 'video/mp4', fileUri: 'gs://bucket/a.mp4' }],
    [image('gs://bucket/a'), { fileUri: 'gs://bucket/a' }],
    [
      { type: 'video_url', video_url: 'https://youtu.be/x' },
      { mimeType: 'video/mp4', fileUri: 'https://youtu.be/x' },
    ],
  ])('sends URIs of Google’s storage to every model: %j', (part, fileData) => {
    expect(partOf(part, 'gemini-2.0-flash')).toEqual({ fileData })
    expect(partOf(part, 'gemini-3-flash', { quirks: { urls: 'none' } })).toEqual({ fileData })
  })

  it('sends other URLs to models that read them', () => {
    const url = 'https://example.com/a.jpg?x=1'
    expect(partOf(image(url))).toEqual({ fileData: { mimeType: 'image/jpeg', fileUri: url } })
    expect(partOf(image('https://example.com/a', { format: 'image/png' }))).toMatchObject({
      fileData: { mimeType: 'image/png' },
    })
    const video = { type: 'video_url', video_url: 'https://example.com/a.webm' }
    expect(partOf(video, 'gemini-2.0-flash', { quirks: { urls: 'all' } })).toMatchObject({
      fileData: { mimeType: 'video/webm' },
    })
    expect(refused(image(url), 'gemini-2.0-flash')).toContain(
      "messages[0].content[0]' has a URL that this model can't read",
    )
    expect(refused(image('https://example.com/a'))).toContain("Set 'image_url.format'")
    expect(refused(video)).toContain("can't read")
  })
})

describe('remote files', () => {
  const parts = [
    image('https://example.com/a.png'),
    image('https://example.com/unknown'),
    { type: 'video_url', video_url: { url: 'https://example.com/a.webm' } },
    file({ file_id: 'https://example.com/a.pdf' }),
    file({ file_data: 'https://example.com/b', filename: 'b.pdf' }),
    { type: 'input_audio', input_audio: { data: 'https://example.com/a.wav', format: 'wav' } },
    { type: 'document', source: { type: 'url', url: 'https://example.com/c' } },
    { type: 'image', source: { type: 'url', url: 'https://example.com/d' } },
    { type: 'text', text: 'https://example.com/e' },
    image('data:image/png;base64,AAAA'),
    file({ file_id: 'gs://a/b' }),
    image('https://example.com/unknown'),
  ]
  const asked = (model: string) => {
    const messages = [null, { role: 'user', content: 'x' }, { role: 'tool', content: parts }]
    return chat.remoteMedia?.(paramsOf({ messages }, model), contextOf(model))?.map((url) => url.slice(20))
  }

  it('lists the URLs of all parts', () => {
    expect(asked('gemini-2.5-flash')).toEqual(['unknown', 'a.webm', 'a.wav', 'd'])
    expect(asked('gemini-2.0-flash')).toEqual(['a.png', 'unknown', 'a.webm', 'a.pdf', 'b', 'a.wav', 'c', 'd'])
  })

  it('sends downloads inline with the media type of the server', () => {
    const media = new Map([
      ['https://example.com/a.png', { type: 'image/webp', data: 'AAAA' }],
      ['https://example.com/b.png', { type: 'application/octet-stream', data: 'BBBB' }],
    ])
    const sent = (url: string) => partOf(image(url), 'gemini-2.0-flash', { media })
    expect(sent('https://example.com/a.png')).toEqual({ inlineData: { mimeType: 'image/webp', data: 'AAAA' } })
    expect(sent('https://example.com/b.png')).toEqual({ inlineData: { mimeType: 'image/png', data: 'BBBB' } })
  })
})
