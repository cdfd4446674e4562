import { describe, expect, it } from 'vitest'
import type { ChatParams } from '../../../src/types/chat.js'
import { type Body, bodyOf, chat, type encode, models, turnsOf, warningsOf } from './helpers.js'

const png = 'iVBORw0KGgo='
const pdf = 'JVBERi0='
const contentOf = (parts: unknown[], context: Parameters<typeof encode>[1] = {}) =>
  (bodyOf({ messages: [{ role: 'user', content: parts }] }, context).messages as { content: Body[] }[])[0]?.content
const file = (fields: Body) => ({ type: 'file', file: fields })
const text = { type: 'text', text: 'Look' }
const image = (url: string) => ({ type: 'image_url', image_url: { url } })

describe('media', () => {
  it.each([
    [image(`data:image/jpg;base64,${png}`), { image: { format: 'jpeg', source: { bytes: png } } }],
    [
      image('s3://bucket/cat.webp'),
      { image: { format: 'webp', source: { s3Location: { uri: 's3://bucket/cat.webp' } } } },
    ],
    [
      image(`data:application/pdf;base64,${pdf}`),
      { document: { format: 'pdf', name: 'Document', source: { bytes: pdf } } },
    ],
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/gif', data: png } },
      { image: { format: 'gif', source: { bytes: png } } },
    ],
    [
      file({ file_data: pdf, filename: 'My_report (final).pdf' }),
      { document: { format: 'pdf', name: 'My_report (final)', source: { bytes: pdf } } },
    ],
    [
      file({ file_data: 'YSxi', filename: 'a.csv' }),
      { document: { format: 'csv', name: 'a', source: { bytes: 'YSxi' } } },
    ],
    [
      file({ file_id: 's3://b/x.docx' }),
      { document: { format: 'docx', name: 'x', source: { s3Location: { uri: 's3://b/x.docx' } } } },
    ],
    [
      file({ file_data: 'data:application/json;base64,e30=' }),
      { document: { format: 'txt', name: 'Document', source: { bytes: 'e30=' } } },
    ],
    [
      { type: 'video_url', video_url: { url: 's3://b/v.mp4' } },
      { video: { format: 'mp4', source: { s3Location: { uri: 's3://b/v.mp4' } } } },
    ],
    [
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
      { audio: { format: 'wav', source: { bytes: 'AAAA' } } },
    ],
    [
      {
        type: 'document',
        title: 'T',
        context: 'c',
        source: { type: 'text', data: 'words' },
        citations: { enabled: true },
      },
      { document: { format: 'txt', name: 'T', source: { text: 'words' }, context: 'c', citations: { enabled: true } } },
    ],
    [
      { type: 'guarded_text', text: 'q', qualifiers: ['query'] },
      { guardContent: { text: { text: 'q', qualifiers: ['query'] } } },
    ],
    [
      { searchResult: { source: 's', title: 't', content: [] } },
      { searchResult: { source: 's', title: 't', content: [] } },
    ],
  ])('encodes blocks: %#', (part, block) => {
    expect(contentOf([text, part])).toEqual([{ text: 'Look' }, block])
  })

  it('downloads URLs', () => {
    const parts = [
      text,
      image('https://a.example/cat'),
      file({ file_id: 'https://a.example/r.pdf?x=1' }),
      image('s3://b/c.png'),
    ]
    const messages = [
      { role: 'user', content: parts },
      { role: 'tool', tool_call_id: 'x', content: [image('https://b.example/d.png')] },
    ]
    const context = { provider: 'bedrock', model: models.claude, dropParams: false, ownHost: true, quirks: undefined }
    expect(chat.remoteMedia?.({ model: 'x', messages } as unknown as ChatParams, context)).toEqual([
      'https://a.example/cat',
      'https://a.example/r.pdf?x=1',
      'https://b.example/d.png',
    ])
    const media = new Map([
      ['https://a.example/cat', { type: 'image/webp', data: png }],
      ['https://a.example/r.pdf?x=1', { type: 'application/pdf', data: pdf }],
    ])
    expect(contentOf(parts, { media })?.slice(1, 3)).toEqual([
      { image: { format: 'webp', source: { bytes: png } } },
      { document: { format: 'pdf', name: 'r', source: { bytes: pdf } } },
    ])
    expect(() => contentOf(parts)).toThrow("messages[0].content[1]' has a URL that was not downloaded")
  })

  it.each([
    [image('data:image/tiff;base64,AAAA'), "got 'image/tiff'"],
    [image('file:///etc/passwd'), "got 'file:///etc/passwd'"],
    [image(''), "must be a part 'image_url' with a file or URL"],
    [file({ file_data: 'AAAA' }), 'got an unknown media type'],
  ])('rejects unsupported media: %#', (part, why) => {
    expect(() => contentOf([text, part])).toThrow("messages[0].content[1]' ")
    expect(() => contentOf([text, part])).toThrow(why)
  })

  it('gives documents unique names and adds text', () => {
    const parts = [file({ file_data: pdf, filename: 'a.pdf' }), file({ file_data: pdf, filename: 'a.pdf' })]
    const content = contentOf(parts)
    expect(content?.map((block) => (block.document as Body | undefined)?.name ?? block.text)).toEqual([
      'a',
      'a (2)',
      'See the attached document.',
    ])
  })
})

describe('cache marks', () => {
  const mark = { type: 'ephemeral' as const }

  it('become cache points after the marked part', () => {
    const body = bodyOf({
      messages: [
        { role: 'system', content: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } },
        {
          role: 'user',
          content: [
            { ...file({ file_data: pdf }), cache_control: mark },
            { ...text, cache_control: mark },
          ],
        },
      ],
      tools: [{ type: 'function', function: { name: 'f' }, cache_control: mark }],
    })
    const point = { cachePoint: { type: 'default' } }
    expect(body.system).toEqual([{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }])
    expect((body.messages as { content: Body[] }[])[0]?.content).toEqual([
      { document: { format: 'pdf', name: 'Document', source: { bytes: pdf } } },
      { text: '\n' },
      point,
      { text: 'Look' },
      point,
    ])
    expect((body.toolConfig as { tools: Body[] }).tools[1]).toEqual(point)
  })

  it('follow a tool result and the entire prompt', () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'a', content: [{ ...text, cache_control: mark }] },
    ]
    expect(turnsOf(messages)[2]?.content.map((block) => Object.keys(block)[0])).toEqual(['toolResult', 'cachePoint'])
    const body = bodyOf({ messages: messages.slice(0, 1), cache_control: mark })
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'Hi' }, { cachePoint: { type: 'default' } }] }])
  })

  it('are dropped with a warning for models without a cache', () => {
    const messages = [{ role: 'user', content: [{ ...text, cache_control: mark }] }]
    expect(turnsOf(messages, models.llama)).toEqual([{ role: 'user', content: [{ text: 'Look' }] }])
    expect(warningsOf({ messages, model: models.llama })?.join()).toContain('messages[0].content[0].cache_control')
    const tools = [{ type: 'function', function: { name: 'f' }, cache_control: mark }]
    expect(warningsOf({ tools, model: models.nova })?.join()).toContain('Nova caches no tools')
  })
})
