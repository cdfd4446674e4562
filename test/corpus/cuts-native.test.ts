import { beforeAll, describe, expect, it } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { loadProvider } from '../../providers/registry.js'
import { nativeOf } from './folders/native.js'
import { reach } from './folders/native-address.js'
import { nativeFolders } from './folders/native-folders.js'
import { driveNative } from './replay/drive-native.js'
import { corpusFolder, howToConfigure, type Recording, recordings, wire } from './wire/recording.js'

const folder = corpusFolder()

/** Streams that are cut at every byte: of each provider, from its shortest to the longest that is still quick. */
const perProvider = 5
const longest = 8_000

interface Sample {
  readonly recording: Recording
  readonly provider: Provider
  readonly bytes: Buffer
}

/** Recordings whose bytes are the provider's own. Google's arrays are no stream on the wire that llmux asks for. */
async function samplesOf(name: string): Promise<Sample[]> {
  const all: Sample[] = []
  for (const recording of recordings(folder ?? '', [name])) {
    const { stream, stream_state: state } = recording.response
    if (stream === undefined || state !== 'complete' || recording.fidelity !== 'wire') continue
    if (!nativeOf(recording)?.stream || stream.startsWith('[') || /"finish_reason":"ERROR"/.test(stream)) continue
    const [prefix = '', ...model] = reach(recording).model.split('/')
    const provider = await loadProvider(prefix)
    const routed = (await provider?.route?.(model.join('/'))) ?? provider
    if (!routed) throw new Error(`there is no provider ${prefix}`)
    all.push({ recording, provider: routed, bytes: wire(recording) })
  }
  all.sort((a, b) => a.bytes.length - b.bytes.length)
  const short = all.filter(({ bytes }) => bytes.length <= longest)
  const step = Math.max(1, (short.length - 1) / (perProvider - 1))
  const spread = Array.from({ length: Math.min(perProvider, short.length) }, (_, at) => short[Math.round(at * step)])
  // a cut may fall inside a character
  const wide = short.find(({ bytes }) => bytes.some((byte) => byte > 0x7f))
  return [...new Set([...spread, wide])].filter((sample) => sample !== undefined)
}

const chunksOf = (provider: Provider, pieces: Iterable<Buffer>) => JSON.stringify(driveNative(provider, pieces).chunks)

function* bytewise(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1)
}

if (folder === undefined) {
  describe('cut streams of native dialects', () => {
    it.skip(howToConfigure)
  })
}

describe.each(folder === undefined ? [] : Object.keys(nativeFolders))('streams of %s', (name) => {
  let samples: Sample[] = []
  beforeAll(async () => {
    samples = await samplesOf(name)
    expect(samples.length).toBeGreaterThan(2)
  })

  it('yield the same chunks at any cut', { timeout: 60_000 }, () => {
    for (const { provider, bytes, recording } of samples) {
      const whole = chunksOf(provider, [bytes])
      expect(driveNative(provider, [bytes]).complete, recording.id).toBe(true)
      for (let at = 1; at < bytes.length; at++) {
        const cut = chunksOf(provider, [bytes.subarray(0, at), bytes.subarray(at)])
        if (cut !== whole) expect.fail(`${recording.id} cut at ${at} gives other chunks`)
      }
    }
  })

  it('yield the same chunks byte by byte', () => {
    for (const { provider, bytes, recording } of samples) {
      expect(chunksOf(provider, bytewise(bytes)), recording.id).toBe(chunksOf(provider, [bytes]))
    }
  })

  it('are incomplete if they stop before their end', () => {
    for (const { provider, bytes, recording } of samples) {
      const native = nativeOf(recording)
      for (let share = 0.1; share < 1; share += 0.1) {
        const begun = bytes.subarray(0, Math.floor(bytes.length * share))
        const response = { ...recording.response, stream: begun.toString(encodingOf(recording)) }
        const ended = native?.stream?.({ ...recording, response }).ended
        if (isWhole(provider, begun) && ended === false) {
          expect.fail(`${recording.id} is held to be whole after ${begun.length} of ${bytes.length} bytes`)
        }
      }
    }
  })
})

const encodingOf = ({ response }: Recording) => (response.stream_encoding === 'base64' ? 'base64' : 'utf8')

/** A stream that breaks off inside a message may also throw. */
function isWhole(provider: Provider, bytes: Buffer): boolean {
  try {
    return driveNative(provider, [bytes]).complete
  } catch {
    return false
  }
}
