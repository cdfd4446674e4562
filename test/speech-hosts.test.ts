import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient, type SpeechRequest } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** Requests and answers as the providers document them: no recordings exist. */

const mock = mockProvider()
const providers = { elevenlabs: { apiKey: 'xi' }, deepgram: { apiKey: 'dg' } }
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
const last = () => mock.requests.at(-1)
const file = { data: new TextEncoder().encode('sound'), filename: 'call.mp3', type: 'audio/mpeg' }
const sentence = 'This is a simulated transcription.'

describe('speech of ElevenLabs', () => {
  const request = { model: 'elevenlabs/eleven_multilingual_v2', input: 'Hello', voice: 'JBFqnCBsd6RMkjVDRZzb' }

  it('has the voice in its path, and a cost by characters', async () => {
    const { data, content_type, meta, usage } = await client.speech({ ...request, speed: 1.1, response_format: 'mp3' })
    expect([data.length, content_type, usage]).toEqual([50, 'audio/mpeg', { characters: 5 }])
    expect(meta.cost.total).toBeCloseTo((5 * 80) / 1e6, 12)
    expect(last()).toMatchObject({
      path: '/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb?output_format=mp3_44100_128',
      body: { text: 'Hello', model_id: 'eleven_multilingual_v2', voice_settings: { speed: 1.1 } },
      headers: { 'xi-api-key': 'xi' },
    })
  })

  it('passes its own parameters in the body or in the query', async () => {
    const own = { voice_settings: { stability: 0.4 }, seed: 7, enable_logging: false, output_format: 'ulaw_8000' }
    const { content_type } = await client.speech({ ...request, ...own, speed: 0.9 } as SpeechRequest<false>)
    expect(content_type).toBe('audio/basic')
    expect(last()?.path).toMatch(/\?output_format=ulaw_8000&enable_logging=false$/)
    expect(last()?.body).toEqual({
      text: 'Hello',
      model_id: 'eleven_multilingual_v2',
      voice_settings: { stability: 0.4, speed: 0.9 },
      seed: 7,
    })
  })

  it('streams bytes from the path for streams', async () => {
    const stream = await client.speech({ ...request, stream: true, response_format: 'pcm' })
    let size = 0
    for await (const part of stream) size += part.length
    expect([size, stream.contentType]).toEqual([50, 'audio/pcm'])
    expect((await stream.final()).usage).toEqual({ characters: 5 })
    expect(last()?.path).toMatch(/\/JBFqnCBsd6RMkjVDRZzb\/stream\?output_format=pcm_24000$/)
  })

  it('is a WAV file on request, and refuses what it has no equivalent for', async () => {
    const { data, content_type } = await client.speech({ ...request, response_format: 'wav' })
    expect([Buffer.from(data).toString('latin1', 0, 4), content_type]).toEqual(['RIFF', 'audio/wav'])
    const error = await rejection(
      client.speech({ ...request, response_format: 'flac', instructions: 'Whisper', stream: true }),
    )
    expect(error).toMatchObject({ code: 'unsupported_params', params: ['response_format', 'instructions'] })
  })

  it('has a voice that can not leave its path', async () => {
    await client.speech({ ...request, voice: '../../v1/user?x=1' })
    expect(last()?.path).toBe('/v1/text-to-speech/..%2F..%2Fv1%2Fuser%3Fx%3D1')
  })
})

describe('transcription of ElevenLabs', () => {
  const request = { model: 'elevenlabs/scribe_v1', file }

  it('sends a form, and bills the seconds', async () => {
    const { text, language, duration, words, segments, meta } = await client.transcription({
      ...request,
      language: 'en',
      temperature: 0,
    })
    expect({ text, language, duration, words, segments }).toEqual({ text: sentence, language: 'eng', duration: 3 })
    expect(meta.cost.total).toBeCloseTo(3 * 0.0000611, 9)
    expect(last()).toMatchObject({
      path: '/v1/speech-to-text',
      body: { model_id: 'scribe_v1', language_code: 'en', temperature: '0', file: 'call.mp3' },
    })
  })

  it('has words and segments with times, speakers and subtitles', async () => {
    const verbose = await client.transcription({
      ...request,
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    })
    expect(verbose.words?.map(({ word }) => word)).toEqual(sentence.split(' '))
    expect(verbose.words?.[1]).toMatchObject({ word: 'is', start: 1, end: 1.5, logprob: -0.1 })
    expect(verbose.segments).toEqual([{ text: sentence, start: 0, end: 4.5 }])
    const diarized = await client.transcription({ ...request, response_format: 'diarized_json' })
    expect(diarized.segments?.[0]).toMatchObject({ speaker: 'speaker_0' })
    const { text } = await client.transcription({ ...request, response_format: 'srt' })
    expect(text).toBe(`1\n00:00:00,000 --> 00:00:04,500\n${sentence}\n`)
  })

  it('is one event for a stream, because the API has none', async () => {
    const stream = await client.transcription({ ...request, stream: true })
    const events = []
    for await (const event of stream) events.push(event)
    expect(events).toMatchObject([{ type: 'transcript.text.done', text: sentence }])
  })
})

describe('errors of ElevenLabs', () => {
  const request = { model: 'elevenlabs/eleven_v3', input: 'Hello', voice: 'none' }
  it.each([
    [{ kind: 'status', status: 401 }, 'authentication'],
    [{ kind: 'status', reason: 'quota' }, 'quota_exceeded'],
    [{ kind: 'status', status: 429 }, 'rate_limit'],
    [{ kind: 'status', status: 404 }, 'not_found'],
    [{ kind: 'status', reason: 'context-window' }, 'context_window_exceeded'],
    [{ kind: 'status', reason: 'content-policy' }, 'content_policy_violation'],
    [{ kind: 'status', status: 500 }, 'internal_server'],
  ] as const)('have their class: %o is %s', async (fault, code) => {
    mock.fail(fault)
    expect(await rejection(client.speech(request))).toMatchObject({ code })
  })

  it('name the field that a list names', async () => {
    const detail = [{ type: 'missing', loc: ['body', 'text'], msg: 'Field required' }]
    mock.reply({ raw: { status: 422, body: { detail } } })
    expect(await rejection(client.speech(request))).toMatchObject({ code: 'unprocessable_entity', param: 'text' })
  })
})

describe('speech of Deepgram', () => {
  it('has model and voice in the query', async () => {
    const { data, content_type, usage, meta } = await client.speech({
      model: 'deepgram/aura-2',
      voice: 'thalia',
      input: 'Hello',
      response_format: 'wav',
    })
    expect([data.length, content_type, usage]).toEqual([50, 'audio/wav', { characters: 5 }])
    expect(meta.cost.total).toBeCloseTo((5 * 30) / 1e6, 12)
    expect(last()).toMatchObject({
      path: '/v1/speak?model=aura-2-thalia-en&encoding=linear16&container=wav',
      body: { text: 'Hello' },
      headers: { authorization: 'Token dg' },
    })
  })

  it('takes the whole name as the model, with its voice', async () => {
    const request = { model: 'deepgram/aura-2-celeste-es', voice: 'celeste', input: 'Hola' }
    const { meta } = await client.speech({ ...request, bit_rate: 48_000 } as SpeechRequest<false>)
    expect(last()?.path).toBe('/v1/speak?model=aura-2-celeste-es&bit_rate=48000')
    expect(meta.cost.total).toBeCloseTo((4 * 30) / 1e6, 12)
    expect(await rejection(client.speech({ ...request, voice: 'thalia' }))).toMatchObject({
      param: 'voice',
      message:
        "'voice' must be the one in the model's name ('aura-2-celeste-es'), or the model 'aura-2'; got 'thalia'.",
    })
  })

  it('streams its bytes', async () => {
    const stream = await client.speech({ model: 'deepgram/aura-2', voice: 'thalia', input: 'Hello', stream: true })
    expect((await stream.final()).data.length).toBe(50)
  })
})

describe('transcription of Deepgram', () => {
  const request = { model: 'deepgram/nova-3', file }

  it('sends the audio as the body, and bills the seconds', async () => {
    const { text, language, duration, meta } = await client.transcription(request)
    expect({ text, language, duration }).toEqual({ text: sentence, language: 'en', duration: 3 })
    expect(meta.cost.total).toBeCloseTo(3 * 0.00007167, 9)
    expect(last()).toMatchObject({
      path: '/v1/listen?model=nova-3&smart_format=true&detect_language=true',
      body: 'sound',
      headers: { 'content-type': 'audio/mpeg' },
    })
  })

  it('has utterances as segments, words with punctuation, speakers and subtitles', async () => {
    const verbose = await client.transcription({
      ...request,
      language: 'en',
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
      keyterm: ['llmux', 'Deepgram'],
    } as typeof request)
    expect(last()?.path).toBe(
      '/v1/listen?model=nova-3&smart_format=true&language=en&utterances=true&keyterm=llmux&keyterm=Deepgram',
    )
    expect(verbose.segments).toMatchObject([{ text: sentence, start: 0, end: 2.5, channel: 0 }])
    expect(verbose.words?.at(-1)).toMatchObject({ word: 'transcription.', start: 2, end: 2.5, confidence: 0.99 })
    const { segments } = await client.transcription({ ...request, response_format: 'diarized_json' })
    expect(segments).toMatchObject([{ speaker: 0 }])
    const { text } = await client.transcription({ ...request, response_format: 'vtt' })
    expect(text).toBe(`WEBVTT\n\n00:00:00.000 --> 00:00:02.500\n${sentence}\n`)
  })

  it('joins the channels, which are billed one by one', async () => {
    const channel = (transcript: string, start: number) => ({
      alternatives: [{ transcript, words: [{ word: transcript, start, end: start + 1 }] }],
    })
    const results = { channels: [channel('hello', 1), channel('hi', 0)] }
    mock.reply({ raw: { body: { metadata: { duration: 10 }, results } } })
    const answer = await client.transcription({
      ...request,
      response_format: 'verbose_json',
      timestamp_granularities: ['word'],
    })
    expect(answer).toMatchObject({ text: 'hello\nhi', duration: 10, usage: { input_audio_seconds: 20 } })
    expect(answer.words?.map(({ word }) => word)).toEqual(['hi', 'hello'])
  })

  it('refuses what it has no equivalent for', async () => {
    expect(await rejection(client.transcription({ ...request, prompt: 'llmux', temperature: 0.5 }))).toMatchObject({
      code: 'unsupported_params',
      params: ['prompt', 'temperature'],
    })
    const { meta } = await client.transcription({ ...request, prompt: 'llmux', dropParams: true })
    expect(meta.warnings).toMatchObject([{ type: 'dropped', param: 'prompt' }])
    expect(await rejection(client.transcription({ ...request, extra_body: { redact: 'pci' } }))).toMatchObject({
      param: 'extra_body',
    })
  })

  it.each([
    [{ kind: 'status', status: 401 }, 'authentication'],
    [{ kind: 'status', status: 403 }, 'permission_denied'],
    [{ kind: 'status', reason: 'quota' }, 'quota_exceeded'],
    [{ kind: 'status', status: 429 }, 'rate_limit'],
    [{ kind: 'status', status: 503 }, 'service_unavailable'],
    [{ kind: 'garbage', what: 'html' }, 'invalid_response'],
  ] as const)('has classes of errors: %o is %s', async (fault, code) => {
    mock.fail(fault)
    expect(await rejection(client.transcription(request))).toMatchObject({ code })
  })

  it('reads error bodies of both generations', async () => {
    const body = { category: 'INVALID_REQUEST', message: 'Bad language.', details: 'Use en.', request_id: 'r-1' }
    mock.reply({ raw: { status: 400, body } })
    expect(await rejection(client.transcription(request))).toMatchObject({
      code: 'bad_request',
      message: 'Deepgram answered 400: Bad language. Use en.',
      requestId: 'r-1',
    })
  })
})
