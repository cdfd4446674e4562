import { expect } from 'vitest'
import type { ChatCompletion, ChatCompletionChunk, CompletionStream } from '../../src/index.js'
import { LLMError } from '../../src/index.js'
import {
  answering,
  ask,
  type Behaviour,
  type ChatRequest,
  chunksOf,
  expectUsage,
  said,
  stream,
  textOf,
} from './behaviour.js'
import { askWeather, hello, weather } from './requests.js'
import type { Scene } from './scene.js'

/** A stream contains the same data as the complete answer, or fails if it was cut. */
export const streams: readonly Behaviour[] = [
  chat('stream', async (scene) => {
    const { chunks } = await expectSame(scene, { messages: hello })
    expect(textOf(chunks)).toBe('You said: Hello there')
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant')
    expect(chunks.slice(1).some(({ choices }) => choices[0]?.delta.role !== undefined)).toBe(false)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    // always requested for `meta`, but shown only if the caller asked for it
    expect(chunks.some(({ usage }) => usage)).toBe(false)
  }),
  chat('stream with usage', async (scene) => {
    const { whole } = await expectSameUsage(scene, { messages: hello })
    const streamed = await stream(scene, { messages: hello, stream_options: { include_usage: true } })
    const chunks = await chunksOf(streamed)
    expect(streamed.meta.usage).toEqual(whole.usage)
    const last = chunks.at(-1)
    expect(last?.choices).toEqual([])
    expectUsage(last?.usage ?? undefined)
    expect(chunks.slice(0, -1).some(({ usage }) => usage)).toBe(false)
    expect(streamed.meta.usage).toEqual(last?.usage)
  }),
  chat('stream of tool calls', async (scene) => {
    const toolCalls = ['Paris', 'Rome'].map((city) => ({ name: 'get_weather', arguments: { city } }))
    const { chunks } = await expectSameUsage(scene, { messages: askWeather, tools: [weather] }, { toolCalls })
    const places = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []).map(({ index }) => index)
    expect(new Set(places)).toEqual(new Set([0, 1]))
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
  }),
  chat('stream of reasoning', async (scene) => {
    const request = { messages: hello, reasoning_effort: 'low' } as const
    const { chunks } = await expectSameUsage(scene, request, undefined, scene.target.models.reasoning)
    expect(chunks.some(({ choices }) => choices[0]?.delta.reasoning_content)).toBe(true)
  }),
  chat('stream ended at every event', async (scene) => {
    const request = { messages: hello }
    scene.mock.reply(script)
    const whole = await (await stream(scene, request)).final()
    const { pieces, contentType } = last(scene)
    for (let count = 0; count < pieces.length; count++) {
      const body = Buffer.concat(pieces.slice(0, count))
      scene.mock.reply({ raw: { body, headers: { 'content-type': contentType } } })
      await expectWholeOrInterrupted(scene, request, whole, `after ${count} of ${pieces.length} events`)
    }
  }),
  chat('stream broken after every piece', async (scene) => {
    const request = { messages: hello }
    scene.mock.reply(script)
    const whole = await (await stream(scene, request)).final()
    for (const kind of ['cut', 'end'] as const) {
      for (let afterChunks = 0; afterChunks < 6; afterChunks++) {
        scene.mock.reply(script)
        scene.mock.fail({ kind, afterChunks })
        await expectWholeOrInterrupted(scene, request, whole, `${kind} after ${afterChunks} pieces`)
      }
    }
  }),
  chat('stream that is left', async (scene) => {
    scene.mock.fail({ kind: 'silence', afterChunks: 1 })
    for await (const { choices } of await stream(scene, { messages: hello })) {
      if (choices[0]?.delta.content) break
    }
    const [request] = answering(scene)
    await request?.closed
    expect(request).toMatchObject({ closedByClient: true, completed: false })
  }),
]

/** Text and a call, both short. */
const script = {
  text: 'One two three.',
  toolCalls: [{ name: 'get_weather', arguments: { city: 'Rome' } }],
}

function chat(name: string, run: Behaviour['run']): Behaviour {
  return { name, operation: 'chat', run }
}

interface Same {
  readonly chunks: readonly ChatCompletionChunk[]
  readonly whole: ChatCompletion
  readonly streamed: CompletionStream
}

/** Returns the chunks after checking that they add up to the complete answer. */
async function expectSame(
  scene: Scene,
  request: ChatRequest,
  reply?: Parameters<Scene['mock']['reply']>[0],
  model?: string,
): Promise<Same> {
  if (reply) scene.mock.reply(reply, { times: 2 })
  const whole = await ask(scene, request, model)
  const streamed = await stream(scene, request, model)
  const chunks = await chunksOf(streamed)
  // equal usage is a separate behaviour
  expect({ ...said(await streamed.final()), usage: undefined }).toEqual({ ...said(whole), usage: undefined })
  return { chunks, whole, streamed }
}

/** Checks usage as well. */
async function expectSameUsage(...given: Parameters<typeof expectSame>): Promise<Same> {
  const same = await expectSame(...given)
  expectUsage(same.whole.usage)
  expect(same.streamed.meta.usage).toEqual(same.whole.usage)
  expect((await same.streamed.final()).usage).toEqual(same.whole.usage)
  return same
}

function last({ answers }: Scene) {
  const answer = answers.at(-1)
  if (!answer) throw new Error('nothing was answered')
  return answer
}

async function expectWholeOrInterrupted(
  scene: Scene,
  request: ChatRequest,
  whole: ChatCompletion,
  where: string,
): Promise<void> {
  const chunks: ChatCompletionChunk[] = []
  let streamed: CompletionStream
  try {
    streamed = await stream(scene, request)
    for await (const chunk of streamed) chunks.push(chunk)
  } catch (error) {
    if (!LLMError.is(error)) throw error
    // an error before the first content would be retried like any failed call
    const { code, partial, retryable } = error
    if (textOf(chunks) === '') expect([where, retryable]).toEqual([where, true])
    else expect([where, code]).toEqual([where, 'stream_interrupted'])
    if (code === 'stream_interrupted') {
      expect([where, partial?.choices[0]?.message.content ?? '']).toEqual([where, textOf(chunks)])
    }
    return
  }
  const answer = await streamed.final()
  // usage may follow the end marker
  expect([where, { ...said(answer), usage: undefined }]).toEqual([where, { ...said(whole), usage: undefined }])
}
