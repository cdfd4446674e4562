import { describe, expect, it } from 'vitest'
import { parseForm } from '../../src/server/form.js'

async function encoded(form: FormData): Promise<[Uint8Array, string]> {
  const response = new Response(form)
  return [new Uint8Array(await response.arrayBuffer()), response.headers.get('content-type') ?? '']
}

describe('parseForm', () => {
  it('returns files, lists and typed fields', async () => {
    const form = new FormData()
    form.set('file', new File(['abc'], 'a.wav', { type: 'audio/wav' }))
    form.set('temperature', '0.5')
    form.set('stream', 'true')
    form.set('chunking_strategy', '{"type":"server_vad"}')
    form.set('language', '12')
    form.append('timestamp_granularities[]', 'word')
    form.append('image', 'one')
    form.append('image', 'two')
    const [body, type] = await encoded(form)
    const kinds = { temperature: 'number', stream: 'boolean', chunking_strategy: 'json' } as const
    const { file, ...rest } = await parseForm(body, type, kinds)
    expect((file as File).name).toBe('a.wav')
    expect(await (file as File).text()).toBe('abc')
    expect(rest).toEqual({
      temperature: 0.5,
      stream: true,
      chunking_strategy: { type: 'server_vad' },
      language: '12',
      timestamp_granularities: ['word'],
      image: ['one', 'two'],
    })
  })

  it.each([
    ['temperature', 'number', 'warm', /'temperature' must be a number; got 'warm'/],
    ['stream', 'boolean', 'yes', /'stream' must be 'true' or 'false'; got 'yes'/],
    ['logit', 'json', '{', /'logit' must be JSON; got '\{'/],
  ] as const)('rejects a wrong %s', async (name, kind, text, message) => {
    const form = new FormData()
    form.set(name, text)
    const [body, type] = await encoded(form)
    await expect(parseForm(body, type, { [name]: kind })).rejects.toThrow(message)
  })

  it('rejects bytes that are no form', async () => {
    await expect(parseForm(new Uint8Array([1, 2]), 'multipart/form-data; boundary=x')).rejects.toThrow(
      /must be a form, as its 'content-type' says/,
    )
  })
})
