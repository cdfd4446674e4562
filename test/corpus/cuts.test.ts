import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { loadProvider } from '../../providers/registry.js'
import { type Client, createClient, LLMError } from '../../src/index.js'
import { hosts } from './folders/hosts.js'
import { expectStream } from './replay/chat.js'
import { drive } from './replay/drive.js'
import { type Player, startPlayer } from './replay/server.js'
import { minimalChat, modelOf, prefixOf } from './request/request.js'
import { corpusFolder, howToConfigure, type Recording, recordings, replayed, wire } from './wire/recording.js'

const folder = corpusFolder()

/** Streams that are cut at every byte: of each provider, from its shortest to the longest that is still quick. */
const perProvider = 5
const longest = 6_000

/** What the chat decoders read in server-sent events. */
const driven: ReadonlySet<string> = new Set(['chat-stream', 'completion-stream', 'messages-stream'])

/** No bytes of theirs are in the corpus: their recorders wrote the streams anew. */
const rebuilt = [
  'alibaba',
  'doubleword',
  'fireworks',
  'github-copilot',
  'llamafile',
  'mistralrs',
  'moonshot',
  'tgi',
  'venice',
]

interface Sample {
  readonly recording: Recording
  readonly provider: Provider
  readonly bytes: Buffer
}

/** Recordings whose bytes are the provider's own: rebuilt streams say nothing about how it frames them. */
async function samplesOf(name: string): Promise<Sample[]> {
  const all: Sample[] = []
  for (const recording of recordings(folder ?? '', [name])) {
    const { stream, stream_state: state } = recording.response
    if (!driven.has(recording.operation)) continue
    if (stream === undefined || state === 'error-terminated' || recording.fidelity !== 'wire') continue
    // a stream that its host cut is no sample of a whole one
    if (!expectStream(recording).ended) continue
    const provider = await loadProvider(prefixOf(recording))
    if (!provider) throw new Error(`there is no provider ${prefixOf(recording)}`)
    // one host may speak several dialects
    const speaker = (await provider.route?.(modelOf(recording).wire)) ?? provider
    all.push({ recording, provider: speaker, bytes: wire(recording) })
  }
  all.sort((a, b) => a.bytes.length - b.bytes.length)
  const short = all.filter(({ bytes }) => bytes.length <= longest)
  const step = Math.max(1, (short.length - 1) / (perProvider - 1))
  const spread = Array.from({ length: Math.min(perProvider, short.length) }, (_, at) => short[Math.round(at * step)])
  // a cut may fall inside a character
  const wide = short.find(({ bytes }) => bytes.some((byte) => byte > 0x7f))
  const chosen = new Set([...spread, wide, ...(short.length === 0 ? all.slice(0, 1) : [])])
  return [...chosen].filter((sample) => sample !== undefined).map(shortened)
}

/** A stream that would take too long to be cut at every byte, without the events of its middle. */
function shortened(sample: Sample): Sample {
  const { bytes } = sample
  if (bytes.length <= longest) return sample
  const events = bytes.toString('utf8').match(/[\s\S]*?(?:(?:\r?\n){2}|$)/g) ?? []
  const until = (some: readonly string[], size: number) => {
    let left = size
    return some.findIndex((event) => {
      left -= event.length
      return left < 0
    })
  }
  const head = events.slice(0, Math.max(1, until(events, longest * 0.6)))
  const rest = events.slice(head.length).filter((event) => event !== '')
  const tail = rest.slice(-Math.max(2, until([...rest].reverse(), longest * 0.2)))
  return { ...sample, bytes: Buffer.from([...head, ...tail].join('')) }
}

const chunksOf = (provider: Provider, ...pieces: Buffer[]) => JSON.stringify(drive(provider, pieces).chunks)

if (folder === undefined) {
  describe('cut streams', () => {
    it.skip(howToConfigure)
  })
}

const providers =
  folder === undefined
    ? []
    : ['openai', 'anthropic', ...Object.keys(hosts)].filter(
        (name) => replayed[name]?.some((operation) => driven.has(operation)) === true && !rebuilt.includes(name),
      )

it.skipIf(folder === undefined).each(rebuilt)('there are no streams of %s as they came', async (name) => {
  expect(await samplesOf(name)).toEqual([])
})

describe.each(providers)('streams of %s', (name) => {
  let samples: Sample[] = []
  let player: Player | undefined
  let client: Client | undefined
  beforeAll(async () => {
    samples = await samplesOf(name)
    player = await startPlayer()
    client = createClient({ proxy: false })
    expect(samples.length).toBeGreaterThan(0)
  })
  afterAll(async () => {
    await client?.close()
    await player?.close()
  })

  it('yield the same chunks at any cut', () => {
    for (const { provider, bytes, recording } of samples) {
      const whole = chunksOf(provider, bytes)
      for (let at = 1; at < bytes.length; at++) {
        const cut = chunksOf(provider, bytes.subarray(0, at), bytes.subarray(at))
        if (cut !== whole) expect.fail(`${recording.id} cut at ${at} gives other chunks`)
      }
    }
  })

  it('yield the same chunks byte by byte', () => {
    for (const { provider, bytes, recording } of samples) {
      const single = Array.from(bytes, (byte) => Buffer.from([byte]))
      expect(chunksOf(provider, ...single), recording.id).toBe(chunksOf(provider, bytes))
    }
  })

  it.each([
    ['CRLF line ends', (stream: string) => stream.replace(/\r?\n/g, '\r\n')],
    ['CR line ends', (stream: string) => stream.replace(/\r?\n/g, '\r')],
    ['comments between the events', (stream: string) => stream.replace(/(\r?\n){2}/g, '$&: keep-alive\n\n:\n')],
    ['no blank line at the end', (stream: string) => stream.trimEnd()],
    ['a byte order mark', (stream: string) => `\ufeff${stream}`],
    ['fields that nobody knows', (stream: string) => stream.replace(/^data:/gm, 'id: 7\nretry: 10\nwhat: ever\ndata:')],
  ])('give the same chunks with %s', (_, change) => {
    for (const { provider, bytes, recording } of samples) {
      const whole = chunksOf(provider, bytes)
      const changed = Buffer.from(change(bytes.toString('utf8')))
      expect(chunksOf(provider, changed), recording.id).toBe(whole)
      // also where the cut falls between the two halves of a line end
      for (let at = 1; at < changed.length; at += changed.length < 1500 ? 1 : 97) {
        const cut = chunksOf(provider, changed.subarray(0, at), changed.subarray(at))
        if (cut !== whole) expect.fail(`${recording.id} cut at ${at} gives other chunks`)
      }
    }
  })

  it('are complete only after their end mark or a finish reason', () => {
    for (const { provider, bytes, recording } of samples) {
      const stream = bytes.toString('utf8')
      expect(drive(provider, [bytes]).complete, recording.id).toBe(true)
      for (const { index, 0: end } of stream.matchAll(/(?:\r?\n){2}/g)) {
        const begun = stream.slice(0, index + end.length)
        const { ended } = expectStream({ ...recording, response: { ...recording.response, stream: begun } })
        if (drive(provider, [Buffer.from(begun)]).complete && !ended) {
          expect.fail(`${recording.id} is held to be whole after ${index} of ${bytes.length} bytes`)
        }
      }
    }
  })

  it('are the same over a socket, and throw if cut there', async () => {
    const [sample] = samples
    if (!sample || !player || !client) throw new Error('no sample')
    const [server, caller] = [player, client]
    const { recording, bytes } = sample
    const headers = { 'content-type': 'text/event-stream' }
    const streamed = async (pieces: readonly Buffer[], reset: boolean) => {
      const { base, remove } = server.put({ status: 200, headers, pieces, reset })
      try {
        const request = { ...minimalChat(recording), apiBase: base, apiKey: 'x', maxRetries: 0 }
        const stream = await caller.completion({ ...request, model: modelOf(recording).full, stream: true })
        return await stream.final()
      } finally {
        remove()
      }
    }
    const whole = JSON.stringify(await streamed([bytes], false))
    const single = Array.from(bytes, (byte) => Buffer.from([byte]))
    const steady = (json: string) => json.replace(/"created":\d+|"id":"chatcmpl-\w+"/g, '')
    expect(steady(JSON.stringify(await streamed(single, false)))).toBe(steady(whole))
    for (const reset of [false, true]) {
      const cut = await streamed([bytes.subarray(0, firstContent(recording, bytes))], reset).catch((error) => error)
      expect(LLMError.is(cut) ? cut.name : 'an answer').toBe('StreamInterruptedError')
    }
  })
})

/** A place in the middle of a stream, where something has been said and the end is not yet in sight. */
function firstContent(recording: Recording, bytes: Buffer): number {
  const stream = bytes.toString('utf8')
  let place = 0
  for (const { index, 0: end } of stream.matchAll(/(?:\r?\n){2}/g)) {
    const begun = stream.slice(0, index + end.length)
    const { ended, answer } = expectStream({ ...recording, response: { ...recording.response, stream: begun } })
    if (ended) break
    place = Buffer.byteLength(begun)
    const [choice] = answer.choices
    if (choice?.text || choice?.reasoning) break
  }
  return place
}
