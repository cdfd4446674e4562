import type {
  TranscriptionParams,
  TranscriptionResponse,
  TranscriptionSegment,
  TranscriptionWord,
} from '../../src/types/transcription.js'
import type { DecodeContext, Decoded } from '../contract.js'

/** Characters as providers bill them: code points. */
export function charactersOf(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Media type of an answer of bytes. */
export function mediaType({ headers }: DecodeContext): string {
  const type = headers?.['content-type']
  return (Array.isArray(type) ? type[0] : type) ?? 'application/octet-stream'
}

/** Samples of 16 bits, one channel, with the header of a WAV file. */
export function wavOf(samples: Uint8Array, rate: number): Uint8Array {
  const file = new Uint8Array(44 + samples.length)
  const view = new DataView(file.buffer)
  const text = (at: number, name: string) => {
    for (let i = 0; i < name.length; i++) file[at + i] = name.charCodeAt(i)
  }
  text(0, 'RIFF')
  view.setUint32(4, 36 + samples.length, true)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, rate, true)
  view.setUint32(28, rate * 2, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  view.setUint32(40, samples.length, true)
  file.set(samples, 44)
  return file
}

/** The parts of a transcription that its request asks for. */
export interface TranscriptParts {
  readonly format: string
  readonly words: boolean
  readonly segments: boolean
  /** Whether speakers are told apart. */
  readonly speakers: boolean
}

/** Reads the form of the answer, as OpenAI's API defines it: segments by default, words on request. */
export function transcriptParts({ response_format, timestamp_granularities: times }: TranscriptionParams) {
  const format = response_format ?? 'json'
  const verbose = format === 'verbose_json'
  const parts: TranscriptParts = {
    format,
    words: verbose && times?.includes('word') === true,
    segments: (verbose && (!times?.length || times.includes('segment'))) || /^(?:srt|vtt|diarized_json)$/.test(format),
    speakers: format === 'diarized_json',
  }
  return parts
}

/** Formats that hosts with times of words can answer in. */
export const transcriptFormats: ReadonlySet<string> = new Set([
  ...['json', 'text', 'verbose_json', 'diarized_json', 'srt', 'vtt'],
])

/** An answer with the parts that were asked for; subtitles are the text of an answer. */
export function transcriptOf(
  { words, segments = [], ...answer }: Decoded<TranscriptionResponse>,
  parts: TranscriptParts,
): Decoded<TranscriptionResponse> {
  const { format } = parts
  if (format === 'srt' || format === 'vtt') return { ...answer, text: subtitles(segments, format) }
  return { ...answer, ...(parts.words && words && { words }), ...(parts.segments && { segments }) }
}

/** Longest segment in seconds. */
const longest = 15

/** Divides words into segments: at the end of a sentence, at a change of the speaker, and after some seconds. */
export function segmentsOf(words: readonly TranscriptionWord[]): TranscriptionSegment[] {
  const segments: TranscriptionSegment[] = []
  let open: TranscriptionSegment | undefined
  for (const { word, start, end, speaker } of words) {
    if (open && open.speaker === speaker && end - open.start <= longest) {
      open.text += ` ${word}`
      open.end = end
    } else {
      open = { text: word, start, end, ...(speaker !== undefined && { speaker }) }
      segments.push(open)
    }
    if (/[.!?。！？]$/.test(word)) open = undefined
  }
  return segments
}

/** https://www.w3.org/TR/webvtt1/; SRT differs in its numbers and commas. */
function subtitles(segments: readonly TranscriptionSegment[], format: 'srt' | 'vtt'): string {
  const cues = segments.map(
    ({ start, end, text }, at) =>
      `${format === 'srt' ? `${at + 1}\n` : ''}${clock(start, format)} --> ${clock(end, format)}\n${text.trim()}\n`,
  )
  return format === 'srt' ? cues.join('\n') : ['WEBVTT\n', ...cues].join('\n')
}

function clock(seconds: number, format: 'srt' | 'vtt'): string {
  const all = Math.round(seconds * 1000)
  const part = (size: number, most: number) => String(Math.floor(all / size) % most).padStart(2, '0')
  const rest = String(all % 1000).padStart(3, '0')
  return `${part(3_600_000, 1000)}:${part(60_000, 60)}:${part(1000, 60)}${format === 'srt' ? ',' : '.'}${rest}`
}

/** Parameters as a query. A list repeats its name. */
export function queryOf(params: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null)
        query.append(name, typeof one === 'object' ? JSON.stringify(one) : `${one}`)
    }
  }
  const text = query.toString()
  return text && `?${text}`
}
