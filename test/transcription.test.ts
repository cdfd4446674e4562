import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { EventStream } from '../src/call/event-stream.js'
import { createClient, Router } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** Requests and answers in the documented form: no recording of a transcription exists. */

const mock = mockProvider()
const providers = {
  openai: { apiKey: 'k' },
  gemini: { apiKey: 'k' },
  mistral: { apiKey: 'k' },
  groq: { apiKey: 'k' },
  azure: { apiKey: 'k', apiBase: 'https://r.openai.azure.com' },
}
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
const file = { data: new Uint8Array([1, 2, 3]), filename: 'call.mp3', type: 'audio/mpeg' }
const text = 'This is a simulated transcription.'

describe('transcription', () => {
  it('sends the file as a form and returns text, usage and cost', async () => {
    const answer = await client.transcription({
      model: 'openai/whisper-1',
      file,
      language: 'en',
      temperature: 0,
      timestamp_granularities: ['word', 'segment'],
    })
    expect(answer).toMatchObject({ text, model: 'whisper-1', usage: { input_audio_seconds: 3 } })
    expect(answer.meta.cost.total).toBeCloseTo(0.0003, 12)
    const request = mock.requests.at(-1)
    expect(request?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(request).toMatchObject({
      path: '/v1/audio/transcriptions',
      body: {
        model: 'whisper-1',
        file: 'call.mp3',
        language: 'en',
        temperature: '0',
        'timestamp_granularities[]': ['word', 'segment'],
      },
    })
  })

  it('bills tokens if the provider reports tokens', async () => {
    const answer = await client.transcription({ model: 'openai/gpt-4o-transcribe', file })
    expect(answer.usage).toEqual({
      prompt_tokens: 30,
      completion_tokens: 6,
      total_tokens: 36,
      prompt_tokens_details: { audio_tokens: 30, text_tokens: 0 },
    })
    expect(answer.meta.cost.total).toBeCloseTo((30 * 6 + 6 * 10) / 1e6, 12)
  })

  it.each(['text', 'srt', 'vtt'])('returns %s as it is', async (format) => {
    const answer = await client.transcription({ model: 'openai/whisper-1', file, response_format: format })
    expect(answer.text).toContain(text)
    expect(answer.usage).toBeUndefined()
    expect(answer.meta.cost.total).toBeUndefined()
  })

  it('keeps segments, language and duration', async () => {
    const answer = await client.transcription({ model: 'groq/whisper-large-v3', file, response_format: 'verbose_json' })
    expect(answer).toMatchObject({ language: 'english', duration: 3, segments: [{ start: 0, end: 3, text }] })
    expect(answer).not.toHaveProperty('task')
  })

  it('bills the length of the audio where a host reports nothing else', async () => {
    mock.reply({ raw: { body: { text: 'Hi', duration: 60, language: 'en' } } })
    const answer = await client.transcription({ model: 'groq/whisper-large-v3', file, response_format: 'verbose_json' })
    expect(answer.meta.cost.total).toBeCloseTo(60 * 0.0000308333333333, 10)
  })

  it('reads the seconds that Mistral counts', async () => {
    const usage = { prompt_audio_seconds: 12, prompt_tokens: 4, completion_tokens: 9, total_tokens: 13 }
    mock.reply({ raw: { body: { model: 'voxtral-mini-2507', text: 'Hi', language: null, segments: [], usage } } })
    const answer = await client.transcription({ model: 'mistral/voxtral-mini-latest', file })
    expect(answer).toMatchObject({ model: 'voxtral-mini-2507', usage: { input_audio_seconds: 12, prompt_tokens: 4 } })
    expect(answer.meta.cost.total).toBeCloseTo(12 * 0.00005, 10)
  })

  it('streams text', async () => {
    const stream = await client.transcription({ model: 'openai/gpt-4o-mini-transcribe', file, stream: true })
    expect(stream).toBeInstanceOf(EventStream)
    let heard = ''
    for await (const event of stream) if (event.type === 'transcript.text.delta') heard += event.delta
    expect(heard).toBe(text)
    expect(await stream.final()).toMatchObject({ text, usage: { prompt_tokens: 30, completion_tokens: 6 } })
    expect(stream.meta.cost.total).toBeGreaterThan(0)
    expect(mock.requests.at(-1)?.body).toMatchObject({ stream: 'true' })
  })

  it('reads the events that Mistral names otherwise', async () => {
    const usage = { prompt_audio_seconds: 12, prompt_tokens: 4, completion_tokens: 9, total_tokens: 13 }
    const said = [
      { type: 'transcription.language', audio_language: 'en' },
      { type: 'transcription.text.delta', text: 'Good ' },
      { type: 'transcription.text.delta', text: 'day' },
      { type: 'transcription.segment', text: 'Good day', start: 0, end: 1.5, speaker_id: 's1' },
      { type: 'transcription.done', model: 'voxtral-mini-2507', text: 'Good day', language: 'en', segments: [], usage },
    ]
    mock.reply({ raw: { events: said.map((data) => ({ event: data.type, data })) } })
    const stream = await client.transcription({ model: 'mistral/voxtral-mini-latest', file, stream: true })
    const events = []
    for await (const { type, delta } of stream) events.push([type, delta])
    expect(events).toEqual([
      ['transcript.text.delta', 'Good '],
      ['transcript.text.delta', 'day'],
      ['transcript.text.segment', undefined],
      ['transcript.text.done', undefined],
    ])
    expect(await stream.final()).toMatchObject({
      text: 'Good day',
      model: 'voxtral-mini-2507',
      segments: [{ text: 'Good day', start: 0, end: 1.5, speaker: 's1' }],
      usage: { input_audio_seconds: 12 },
    })
  })

  it('makes one event of a whole answer', async () => {
    const stream = await client.transcription({ model: 'openai/whisper-1', file, stream: true })
    const events = []
    for await (const event of stream) events.push(event)
    expect(events).toEqual([{ type: 'transcript.text.done', text, model: 'whisper-1' }])
    expect((await stream.final()).usage).toEqual({ input_audio_seconds: 3 })
  })

  it('fails a stream with an error event, and one that is cut', async () => {
    mock.reply({ raw: { events: [{ event: 'error', data: { type: 'error', error: { message: 'too loud' } } }] } })
    const broken = await client
      .transcription({ model: 'openai/gpt-4o-transcribe', file, stream: true })
      .then((stream) => stream.final())
      .catch((error) => error)
    expect(broken.message).toContain('too loud')
    mock.reply({ raw: { events: [{ type: 'transcript.text.delta', delta: 'Half' }] } })
    const cut = await client.transcription({ model: 'openai/gpt-4o-transcribe', file, stream: true })
    await expect(cut.final()).rejects.toMatchObject({ code: 'stream_interrupted' })
  })

  it('asks Gemini by a prompt, and says so', async () => {
    mock.reply({ text: ' Hello there. ' })
    const answer = await client.transcription({ model: 'gemini/gemini-2.5-flash', file, language: 'en' })
    expect(answer.text).toBe('Hello there.')
    expect(answer.meta.warnings).toMatchObject([{ type: 'emulated', feature: 'transcription' }])
    expect(mock.requests.at(-1)?.body).toMatchObject({
      contents: [
        { parts: [{ inlineData: { mimeType: 'audio/mpeg', data: 'AQID' } }, { text: /Its language is en/ }] },
      ].map(() => expect.anything()),
    })
    const error = await rejection(
      client.transcription({ model: 'gemini/gemini-2.5-flash', file, response_format: 'srt' }),
    )
    expect(error).toMatchObject({ code: 'unsupported_params', params: ['response_format'] })
  })

  it('works on Azure and falls back in a Router', async () => {
    await using router = new Router({
      client: { dispatcher: mock.dispatcher },
      modelList: [
        { modelName: 'ears', params: { model: 'azure/my-whisper', ...providers.azure } },
        { modelName: 'other', params: { model: 'openai/whisper-1', apiKey: 'k' } },
      ],
      fallbacks: [{ ears: ['other'] }],
      numRetries: 0,
    })
    mock.fail({ kind: 'status', status: 500 })
    const answer = await router.transcription({ model: 'ears', file: new Blob([new Uint8Array([1])]) })
    expect(answer).toMatchObject({ text, model: 'whisper-1' })
    const paths = mock.requests.slice(-2).map(({ path }) => path)
    expect(paths[0]).toMatch(/^\/openai\/deployments\/my-whisper\/audio\/transcriptions/)
    expect(paths[1]).toBe('/v1/audio/transcriptions')
  })

  it('rejects what is no file', async () => {
    expect(
      await rejection(client.transcription({ model: 'openai/whisper-1', file: 'call.mp3' as never })),
    ).toMatchObject({
      param: 'file',
      message: "'file' must be a Blob, a Uint8Array, an ArrayBuffer or { data, filename }; got 'call.mp3'.",
    })
  })
})
