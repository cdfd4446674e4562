import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { ByteStream } from '../src/call/byte-stream.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** Requests and answers in the documented form: no recording of speech exists. */

const mock = mockProvider()
const providers = { openai: { apiKey: 'k' }, gemini: { apiKey: 'k' }, cohere: { apiKey: 'k' }, groq: { apiKey: 'k' } }
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })

describe('speech', () => {
  it('returns the audio, its media type, and a cost by characters', async () => {
    const answer = await client.speech({ model: 'openai/tts-1', input: 'Hello 🌍', voice: 'alloy', speed: 1.5 })
    expect(answer.content_type).toBe('audio/mpeg')
    expect(answer.data.length).toBeGreaterThan(60)
    expect(answer.usage).toEqual({ characters: 7 })
    expect(answer.meta).toMatchObject({ operation: 'speech', provider: 'openai', model: 'tts-1' })
    expect(answer.meta.cost.total).toBeCloseTo((7 * 15) / 1e6, 12)
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/audio/speech',
      body: { model: 'tts-1', input: 'Hello 🌍', voice: 'alloy', speed: 1.5 },
    })
  })

  it('has no cost if the model is billed by tokens that nobody reports', async () => {
    const answer = await client.speech({ model: 'openai/gpt-4o-mini-tts', input: 'Hello', voice: 'alloy' })
    expect(answer.meta.cost).toMatchObject({ total: undefined, reason: 'missing_usage' })
  })

  it('streams the audio', async () => {
    const stream = await client.speech({
      model: 'openai/tts-1',
      input: 'Hello',
      voice: 'alloy',
      stream: true,
      response_format: 'wav',
    })
    expect(stream).toBeInstanceOf(ByteStream)
    expect(stream.contentType).toBe('audio/wav')
    let size = 0
    for await (const part of stream) size += part.length
    expect(size).toBe(50)
    expect((await stream.final()).usage).toEqual({ characters: 5 })
    expect(mock.requests.at(-1)?.body).not.toHaveProperty('stream')
  })

  it('speaks with Gemini, as a WAV file', async () => {
    const samples = Buffer.from([1, 0, 2, 0])
    const inlineData = { mimeType: 'audio/L16;codec=pcm;rate=24000', data: samples.toString('base64') }
    mock.reply({
      raw: {
        body: {
          candidates: [{ content: { role: 'model', parts: [{ inlineData }] }, finishReason: 'STOP' }],
          usageMetadata: {
            promptTokenCount: 4,
            candidatesTokenCount: 50,
            totalTokenCount: 54,
            candidatesTokensDetails: [{ modality: 'AUDIO', tokenCount: 50 }],
          },
        },
      },
    })
    const answer = await client.speech({
      model: 'gemini/gemini-2.5-flash-preview-tts',
      input: 'Hello',
      voice: 'Kore',
      instructions: 'Whisper',
    })
    const file = Buffer.from(answer.data)
    expect([file.toString('latin1', 0, 4), file.toString('latin1', 8, 16)]).toEqual(['RIFF', 'WAVEfmt '])
    expect([file.readUInt32LE(24), file.readUInt32LE(40)]).toEqual([24000, 4])
    expect(file.subarray(44)).toEqual(samples)
    expect(answer.content_type).toBe('audio/wav')
    expect(answer.usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 50 })
    expect(answer.meta.cost.total).toBeCloseTo((4 * 0.5 + 50 * 10) / 1e6, 12)
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1beta/models/gemini-2.5-flash-preview-tts:generateContent',
      body: {
        contents: [{ role: 'user', parts: [{ text: 'Whisper:\nHello' }] }],
        generationConfig: {
          responseModalities: ['AUDIO'],
          speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
        },
      },
    })
  })

  it("passes Gemini's own fields to their places", async () => {
    const speech_config = { languageCode: 'de-DE' }
    await client.speech({
      model: 'gemini/gemini-2.5-flash-preview-tts',
      input: 'Hallo',
      voice: 'Kore',
      temperature: 0.5,
      speech_config,
      safety_settings: [],
    } as never)
    expect(mock.requests.at(-1)?.body).toMatchObject({
      generationConfig: {
        temperature: 0.5,
        speechConfig: { languageCode: 'de-DE', voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } },
      },
      safetySettings: [],
    })
  })

  it('refuses settings that Gemini has no equivalent for, or drops them', async () => {
    const request = { model: 'gemini/gemini-2.5-flash-preview-tts', input: 'Hello', voice: 'Kore' }
    const error = await rejection(client.speech({ ...request, response_format: 'mp3', speed: 2 }))
    expect(error).toMatchObject({ code: 'unsupported_params', params: ['response_format', 'speed'] })
  })

  it('maps errors, and rejects hosts without speech and invalid input', async () => {
    mock.fail({ kind: 'status', status: 429 })
    expect(await rejection(client.speech({ model: 'openai/tts-1', input: 'Hello', voice: 'alloy' }))).toMatchObject({
      code: 'rate_limit',
    })
    const none = await rejection(client.speech({ model: 'cohere/command-a-03-2025', input: 'x', voice: 'y' }))
    expect(none).toMatchObject({ message: expect.stringMatching(/^Cohere has no speech here\./) })
    expect(await rejection(client.speech({ model: 'openai/tts-1', input: '', voice: 'alloy' }))).toMatchObject({
      param: 'input',
      message: "'input' must be a non-empty string; got ''.",
    })
  })
})
