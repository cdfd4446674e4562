import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DecodeContext, Provider } from '../../providers/contract.js'
import { loadProvider } from '../../providers/registry.js'
import { quirksOf } from '../../src/call/call.js'
import { awsEventStream } from '../../src/transport/aws-event-stream.js'
import type { Framer, OnEvent } from '../../src/transport/framer.js'
import { ndjson } from '../../src/transport/ndjson.js'
import { sse } from '../../src/transport/sse.js'
import type { ChatCompletionChunk, Usage } from '../../src/types/chat.js'
import { usageOfAnthropic } from './expectation/usage.js'
import { count, type Fields, isObject, object, parse } from './wire/json.js'
import { corpusFolder, howToConfigure, type Recording, wire } from './wire/recording.js'

/** Where the provider's numbers contradict themselves, or say another thing than ours: by id, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'google-ai-studio-chat-229419c97673':
    "Google's endpoint like OpenAI's counts thoughts in the total only, and says nowhere how many they are",
  'vertex-streamGenerateContent-b15e0b3c192c': "Google's total is one less than its parts",
}

type Recorded = Recording & { request: { url?: string }; response: { stream_encoding?: string } }

/** How a recording is read. */
interface Way {
  /** The prefix of the provider whose dialect, with its quirks, reads it. */
  readonly prefix: string
  readonly own?: boolean
  readonly embedding?: boolean
}

/** What the folders of the corpus are called here, and who speaks OpenAI's wire beside a wire of its own: a server like any. */
const prefixes: Readonly<Record<string, string>> = {
  bedrock: 'hosted_vllm',
  cohere: 'hosted_vllm',
  ollama: 'hosted_vllm',
  fireworks: 'fireworks_ai',
  nvidia: 'nvidia_nim',
  together: 'together_ai',
  vllm: 'hosted_vllm',
}

/** The wire, by the address that was called. */
function wayOf({ provider, operation, request, response }: Recorded): Way | undefined {
  const url = request.url ?? ''
  if (response.status >= 300 || operation === 'error') return undefined
  if (/\/chat\/completions/.test(url)) return { prefix: prefixes[provider] ?? provider, own: true }
  if (/\/api\/embed/.test(url)) return { prefix: 'ollama', embedding: true }
  if (/\/embeddings/.test(url) && provider !== 'voyage')
    return { prefix: prefixes[provider] ?? provider, embedding: true }
  if (/\/v1\/messages$|anthropic\/models\/[^/]+:(?:stream)?[rR]awPredict|\/messages(\?|$)/.test(url)) {
    return { prefix: 'anthropic', own: true }
  }
  if (/:(?:streamG|g)enerateContent/.test(url))
    return { prefix: provider === 'vertex' ? 'vertex_ai' : 'gemini', own: true }
  if (/\/converse(?:-stream)?$/.test(url)) return { prefix: 'bedrock', own: true }
  if (/\/invoke(?:-with-response-stream)?$/.test(url) && /anthropic\./.test(url)) return { prefix: 'anthropic' }
  if (/cohere\.(?:com|ai)\/v2\/chat/.test(url)) return { prefix: 'cohere', own: true }
  if (/\/api\/chat$/.test(url)) return { prefix: 'ollama', own: true }
  return undefined
}

const find = async (prefix: string): Promise<Provider | undefined> =>
  (await loadProvider(prefix)) ?? loadProvider('hosted_vllm')

/** Our usage of a recording. */
function decode(recording: Recorded, way: Way, provider: Provider): Usage | undefined {
  const { dialect } = provider
  const context: DecodeContext = {
    provider: provider.id,
    model: recording.model ?? 'some-model',
    quirks: quirksOf(provider, way.own === true),
    encodeState: undefined,
    created: 1,
    fallbackId: 'chatcmpl-1',
  }
  const { stream, body } = recording.response
  if (way.embedding) return dialect.embedding?.decode(body, context).usage as Usage | undefined
  if (stream === undefined) return dialect.chat?.decode(body, context).usage
  const decoder = dialect.chat?.stream(context)
  const chunks: ChatCompletionChunk[] = []
  for (const [event, data] of eventsOf(recording)) decoder?.push(event, data, chunks)
  decoder?.end(chunks)
  return chunks.findLast(({ usage }) => usage)?.usage ?? undefined
}

/** The events of a recorded stream, in whichever of its framings. */
function eventsOf(recording: Recorded): [string | undefined, string][] {
  const { stream = '', stream_encoding: encoding } = recording.response
  const bytes = encoding === 'base64' ? Buffer.from(stream, 'base64') : wire(recording)
  const events: [string | undefined, string][] = []
  const take: OnEvent = (event, data) => {
    events.push([event, data])
  }
  // Google's other framing: one array of all
  if (/^\s*\[/.test(stream)) return (JSON.parse(stream) as unknown[]).map((item) => [undefined, JSON.stringify(item)])
  const framer: Framer = encoding === 'base64' ? awsEventStream(take) : /^\s*\{/.test(stream) ? ndjson(take) : sse(take)
  framer.push(bytes)
  framer.end()
  // InvokeModel wraps the events of the model's own API
  return events.map(([event, data]): [string | undefined, string] => {
    const inner = event === 'chunk' ? (JSON.parse(data) as { bytes: string }).bytes : undefined
    if (inner === undefined) return [event, data]
    const text = Buffer.from(inner, 'base64').toString('utf8')
    return [(JSON.parse(text) as { type?: string }).type, text]
  })
}

/** What the provider says: whether there is usage at all, and the total where there is one or where its parts are disjoint. */
interface Said {
  readonly total?: number | undefined
  /** How its numbers contradict one another, where OpenAI's definition is applied to them: ours don't. */
  readonly mended?: string | undefined
}

function saidBy(recording: Recorded, way: Way): Said | undefined {
  const { stream, body } = recording.response
  const parts = stream === undefined ? [body] : eventsOf(recording).map(([, data]) => parse(data))
  let said: Said | undefined
  let anthropic: Fields = {}
  for (const part of parts.map(object)) {
    const message = object(part.message)
    const wires = [part.usage, object(part.x_groq).usage, message.usage, object(part.delta).usage, part.metadata]
    if (way.prefix === 'anthropic') {
      const own = object(part.usage ?? message.usage)
      anthropic = { ...anthropic, ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== null)) }
      if (count(anthropic.input_tokens) !== undefined || count(anthropic.output_tokens) !== undefined) {
        const { prompt, completion } = usageOfAnthropic(anthropic)
        said = { total: prompt + completion }
      }
      continue
    }
    const google = object(part.usageMetadata)
    if (count(google.promptTokenCount) !== undefined || count(google.totalTokenCount) !== undefined) {
      said = { total: count(google.totalTokenCount) }
    }
    if (count(part.prompt_eval_count) !== undefined || count(part.eval_count) !== undefined) said = { total: undefined }
    for (const one of wires.filter(isObject)) {
      const total = count(one.total_tokens) ?? count(one.totalTokens)
      const some = [one.prompt_tokens, one.completion_tokens, one.inputTokens, object(one.tokens).input_tokens]
      if (total !== undefined || some.some((value) => count(value) !== undefined))
        said = { total: contradiction(one) === leftOut ? undefined : total, mended: contradiction(one) }
    }
  }
  return said
}

const leftOut = 'more reasoning than completion, and a total without it'

function contradiction(wire: Fields): string | undefined {
  const prompt = count(wire.prompt_tokens)
  const completion = count(wire.completion_tokens)
  const total = count(wire.total_tokens)
  if (prompt === undefined || completion === undefined) return undefined
  const input = object(wire.prompt_tokens_details)
  const reasoning = count(object(wire.completion_tokens_details).reasoning_tokens) ?? count(wire.reasoning_tokens) ?? 0
  const audio = count(input.audio_tokens) ?? 0
  if ((count(input.cached_tokens) ?? 0) > prompt) return 'more is cached than the prompt has'
  if (total === undefined || total === prompt + completion) {
    return reasoning > completion ? leftOut : undefined
  }
  if (total === prompt + completion + reasoning) return 'reasoning is counted beside the completion'
  if (total === prompt + completion + audio) return 'audio is counted beside the prompt'
  return 'the total is not the sum of its parts'
}

/** What is wrong with a usage, by the definition of `docs/usage.md`. */
function faults(usage: Usage | undefined, { total }: Said, embedding: boolean): string[] {
  if (!usage) return ['the usage was lost']
  const wrong: string[] = []
  for (const [name, value] of numbersOf(usage)) {
    if (name !== 'cost' && (!Number.isInteger(value) || value < 0)) wrong.push(`${name} is ${value}`)
  }
  const { prompt_tokens: prompt, completion_tokens: completion = 0, total_tokens: sum } = usage
  if (!embedding && prompt + completion !== sum) wrong.push(`${prompt} + ${completion} is not ${sum}`)
  if (total !== undefined && total !== sum) wrong.push(`the provider's total is ${total}, ours ${sum}`)
  const input = usage.prompt_tokens_details ?? {}
  const output = usage.completion_tokens_details ?? {}
  const atMost = (what: string, part: number, whole: number) => {
    if (part > whole) wrong.push(`${what}: ${part} of ${whole}`)
  }
  const { cached_tokens: read = 0, cache_creation_tokens: written = 0, cache_creation_token_details: kinds } = input
  atMost('cache', read + written, prompt)
  atMost('cache writes', (kinds?.ephemeral_5m_input_tokens ?? 0) + (kinds?.ephemeral_1h_input_tokens ?? 0), written)
  atMost('modalities in', modalities(input), prompt)
  atMost('reasoning', output.reasoning_tokens ?? 0, completion)
  atMost('modalities out', modalities(output), completion)
  return wrong
}

const modalities = (of: { audio_tokens?: number; image_tokens?: number; text_tokens?: number }): number =>
  (of.audio_tokens ?? 0) + (of.image_tokens ?? 0) + (of.text_tokens ?? 0)

function numbersOf(value: object, path = ''): [string, number][] {
  return Object.entries(value).flatMap(([name, one]): [string, number][] => {
    if (typeof one === 'number') return [[`${path}${name}`, one]]
    return isObject(one) ? numbersOf(one, `${path}${name}.`) : []
  })
}

interface Tally {
  whole: number
  streams: number
  /** Of both, those whose total the provider gives, or whose parts are disjoint. */
  totals: number
  /** Those that carry no usage. */
  silent: number
}

const folder = corpusFolder()

describe('usage', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }
  it("of recorded calls matches the provider's counts", { timeout: 120_000 }, async () => {
    const tallies = new Map<string, Tally>()
    const wrong: string[] = []
    const excused = new Set<string>()
    const mended = new Map<string, string[]>()
    for (const recording of recordings(folder)) {
      const way = wayOf(recording)
      if (!way) continue
      const tally = tallies.get(recording.provider) ?? { whole: 0, streams: 0, totals: 0, silent: 0 }
      tallies.set(recording.provider, tally)
      const provider = await find(way.prefix)
      const said = saidBy(recording, way)
      if (!said) tally.silent++
      else if (provider) {
        if (recording.response.stream === undefined) tally.whole++
        else tally.streams++
        if (said.total !== undefined) tally.totals++
        if (said.mended) mended.set(said.mended, [...(mended.get(said.mended) ?? []), recording.id])
        const found = faultsOf(recording, way, provider, said)
        if (found.length === 0) continue
        const reason = exceptions[recording.id]
        if (reason) excused.add(recording.id)
        else wrong.push(`${recording.id}: ${found.join('; ')}`)
      }
    }
    console.log(tableOf(tallies))
    for (const [kind, ids] of mended) console.log(`mended: ${kind} (${ids.length}): ${ids.join(', ')}`)
    for (const id of excused) console.log(`${id}: ${exceptions[id]}`)
    expect(wrong).toEqual([])
    expect(Object.keys(exceptions).filter((id) => !excused.has(id))).toEqual([])
  })
})

function faultsOf(recording: Recorded, way: Way, provider: Provider, said: Said): string[] {
  try {
    return faults(decode(recording, way, provider), said, way.embedding === true)
  } catch (error) {
    return [`could not be read: ${error instanceof Error ? error.message : String(error)}`]
  }
}

function* recordings(root: string): Generator<Recorded> {
  for (const provider of readdirSync(root, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue
    for (const operation of readdirSync(join(root, provider.name))) {
      for (const file of readdirSync(join(root, provider.name, operation)).sort()) {
        if (!file.endsWith('.json')) continue
        yield JSON.parse(readFileSync(join(root, provider.name, operation, file), 'utf8')) as Recorded
      }
    }
  }
}

function tableOf(tallies: ReadonlyMap<string, Tally>): string {
  const columns = ['whole', 'streams', 'totals', 'silent'] as const
  const all: Tally = { whole: 0, streams: 0, totals: 0, silent: 0 }
  for (const tally of tallies.values()) for (const column of columns) all[column] += tally[column]
  const line = (name: string, tally: Tally) =>
    `${name.padEnd(20)}${columns.map((of) => String(tally[of]).padStart(8)).join('')}`
  return [
    `${''.padEnd(20)}${columns.map((of) => of.padStart(8)).join('')}`,
    ...[...tallies].map(([name, tally]) => line(name, tally)),
    line('all', all),
  ].join('\n')
}
