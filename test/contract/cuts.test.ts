import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Framing } from '../../providers/contract.js'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { createClient } from '../../src/index.js'
import { awsEventStream, awsPieces } from '../../src/transport/aws-event-stream.js'
import type { Framer, OnEvent } from '../../src/transport/framer.js'
import { ndjson } from '../../src/transport/ndjson.js'
import { sse } from '../../src/transport/sse.js'
import type { ChatCompletionChunk } from '../../src/types/chat.js'
import { chunksOf, failureOf, stream } from './behaviour.js'
import { hello } from './requests.js'
import { sceneOf } from './scene.js'
import { skips } from './skips.js'
import { key, type Target, targets } from './targets.js'

/** Bytes arrive in chunks of any size; the decoded stream must not depend on them. */

// a stream is decoded once for each of its bytes, which takes seconds on a busy machine
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const framers: Readonly<Record<Framing, (onEvent: OnEvent) => Framer>> = {
  sse,
  ndjson,
  'aws-event-stream': awsEventStream,
  'aws-sse': (onEvent) => awsPieces(onEvent, sse),
}

/** One provider for each combination of dialect and quirks. */
const readers = new Map<string, Target>()
for (const target of await targets()) {
  const { dialect, quirks } = target.provider
  const way = `${target.dialect} ${JSON.stringify(quirks)}`
  if (dialect.chat && !readers.has(way)) readers.set(way, target)
}

/** Decodes the pieces as a call does, without a socket. */
function read({ provider, models }: Target, pieces: readonly Buffer[]) {
  const { dialect, quirks, id } = provider
  const decoder = dialect.chat?.stream({
    provider: id,
    model: models.chat,
    quirks,
    encodeState: undefined,
    created: 1_700_000_000,
    fallbackId: 'chatcmpl-fallback',
  })
  if (!decoder) throw new Error(`${id} has no chat dialect`)
  const chunks: ChatCompletionChunk[] = []
  const framer = framers[dialect.framing]((event, data) => {
    if (!decoder.done) decoder.push(event, data, chunks)
  })
  for (const piece of pieces) framer.push(piece)
  framer.end()
  return JSON.stringify([decoder.end(chunks), chunks])
}

/** Multi-byte characters, reasoning and two tool calls. */
const script = {
  reasoning: 'Ça va ?',
  text: 'Hé 🙂!',
  toolCalls: ['Köln', '東京'].map((city) => ({ name: 'get_weather', arguments: { city } })),
}

describe('a stream cut at every byte', () => {
  it.concurrent.each([...readers.values()].map((target) => [target.label, target] as const))(
    '%s',
    async (_, target) => {
      const scene = sceneOf(target)
      scene.mock.reply(script)
      await chunksOf(await stream(scene, { messages: hello }))
      const bytes = Buffer.concat(scene.answers.at(-1)?.pieces ?? [])
      const whole = read(target, [bytes])
      expect(whole).toMatch(/^\[true,.*🙂/u)
      for (let at = 1; at < bytes.length; at++) {
        const cut = read(target, [bytes.subarray(0, at), bytes.subarray(at)])
        if (cut !== whole) expect.fail(`the chunks differ when the stream is cut at byte ${at} of ${bytes.length}`)
      }
      expect(
        read(
          target,
          Array.from(bytes, (byte) => Buffer.from([byte])),
        ),
      ).toBe(whole)
    },
  )
})

describe('over a socket', () => {
  let simulator: Simulator | undefined
  beforeAll(async () => {
    simulator = await startSimulator({ writeBytes: 1 })
  })
  afterAll(async () => simulator?.close())
  const simulated = (): Simulator => {
    if (!simulator) throw new Error('the simulator is not running')
    return simulator
  }

  /** One provider of each dialect, on the simulator. */
  const each = [...new Map([...readers.values()].reverse().map((target) => [target.dialect, target])).values()]
  const clientOf = ({ id, account }: Target) => {
    const apiBase = `${simulated().url}${id.includes('openai') ? '/v1' : ''}`
    return createClient({ proxy: false, maxRetries: 0, providers: { [id]: { apiKey: key, ...account, apiBase } } })
  }

  it.each(each.map((target) => [target.dialect, target] as const))('%s can be read byte by byte', async (_, target) => {
    simulated().reply(script)
    const client = clientOf(target)
    try {
      const streamed = await client.completion({
        model: target.models.chat,
        messages: hello,
        stream: true,
      })
      const { choices } = await streamed.final()
      expect(choices[0]?.message.content).toBe(script.text)
      if (skips.dialects[target.dialect]?.tools) return
      expect(choices[0]?.message.reasoning_content).toBe(script.reasoning)
      expect(choices[0]?.message.tool_calls).toHaveLength(2)
    } finally {
      await client.close()
    }
  })

  it.each(each.map((target) => [target.dialect, target] as const))(
    '%s closes the socket when the stream is abandoned',
    async (_, target) => {
      const client = clientOf(target)
      const request = { model: target.models.chat, messages: hello } as const
      try {
        for (const method of ['abort', 'timeout'] as const) {
          simulated().reset()
          simulated().fail({ kind: 'silence', afterChunks: 2 })
          const stop = new AbortController()
          const streamed = await client.completion({
            ...request,
            stream: true,
            signal: stop.signal,
            ...(method === 'timeout' && { idleTimeout: 50 }),
          })
          if (method === 'abort') stop.abort()
          expect((await failureOf(chunksOf(streamed))).code).toBe(method === 'abort' ? 'aborted' : 'timeout')
          const [arrived] = simulated().requests
          await arrived?.closed
          expect(arrived).toMatchObject({ closedByClient: true, completed: false })
        }
        // the next call uses a new connection
        simulated().reset()
        const answer = await client.completion(request)
        expect(answer.choices[0]?.message.content).toBe('You said: Hello there')
      } finally {
        await client.close()
      }
    },
  )
})
