import { expect } from 'vitest'
import { type Behaviour, failureOf } from './behaviour.js'
import type { Scene } from './scene.js'

/** Images and audio: hosts without such an operation are skipped, since most have none. */

const file = { data: new TextEncoder().encode('sound'), filename: 'call.mp3', type: 'audio/mpeg' }

const speak = ({ client, target }: Scene) =>
  client.speech({ model: target.models.speech, input: 'Hello there', voice: target.models.voice })

const speakStreamed = ({ client, target }: Scene) =>
  client.speech({ model: target.models.speech, input: 'Hello there', voice: target.models.voice, stream: true })

const write = ({ client, target }: Scene) => client.transcription({ model: target.models.transcription, file })

const paint = ({ client, target }: Scene) =>
  client.imageGeneration({ model: target.models.image, prompt: 'A red bicycle' })

export const media: readonly Behaviour[] = [
  {
    name: 'speech',
    operation: 'speech',
    async run(scene) {
      const answer = await speak(scene)
      expect(answer.data.length).toBeGreaterThan(0)
      expect(answer.content_type).toMatch(/^audio\//)
      expect(answer.meta).toMatchObject({ operation: 'speech', provider: scene.target.id })
    },
  },
  {
    name: 'speech as a stream',
    operation: 'speech',
    async run(scene) {
      const stream = await speakStreamed(scene)
      let size = 0
      for await (const part of stream) size += part.length
      expect(size).toBeGreaterThan(0)
      expect((await stream.final()).content_type).toBe(stream.contentType)
    },
  },
  {
    name: 'transcription',
    operation: 'transcription',
    async run(scene) {
      const answer = await write(scene)
      expect(answer.text).toMatch(/\w/)
      expect(answer.meta).toMatchObject({ operation: 'transcription', provider: scene.target.id })
    },
  },
  {
    name: 'images',
    operation: 'imageGeneration',
    async run(scene) {
      const answer = await paint(scene)
      expect(answer.data.length).toBeGreaterThan(0)
      for (const { b64_json, url } of answer.data) expect(b64_json ?? url).toMatch(/\w/)
      expect(answer.usage).toBeDefined()
      expect(answer.meta).toMatchObject({ operation: 'imageGeneration', provider: scene.target.id })
    },
  },
  ...(
    [
      ['speech', speak],
      ['transcription', write],
      ['imageGeneration', paint],
    ] as const
  ).map(
    ([operation, call]): Behaviour => ({
      name: `${operation}: errors`,
      operation,
      async run(scene) {
        scene.mock.fail({ kind: 'status', status: 401 })
        expect((await failureOf(call(scene))).code).toBe('authentication')
        scene.mock.fail({ kind: 'status', status: 429 })
        const error = await failureOf(call(scene))
        expect([error.code === 'rate_limit' || error.code === 'overloaded', error.retryable]).toEqual([true, true])
        scene.mock.fail({ kind: 'garbage', what: 'truncated-json' })
        expect(['invalid_response', 'bad_request']).toContain((await failureOf(call(scene))).code)
      },
    }),
  ),
]
