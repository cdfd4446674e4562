import { base64, fromBase64 } from '../../../src/platform/index.js'
import type { SpeechParams, SpeechResponse } from '../../../src/types/speech.js'
import type { TranscriptionResponse } from '../../../src/types/transcription.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { fieldsIn, isFields, textIn } from '../../fields.js'
import { Report } from '../../report.js'
import { wavOf } from '../../shared/audio.js'
import type {
  ReadTranscriptionParams,
  SpeechDialect,
  TranscriptionDialect,
  Upload,
} from '../../shared/media-dialects.js'
import { mediaFields } from './params.js'
import { decodeUsage } from './usage.js'
import type { WireUsage } from './wire.js'

/** Speech and transcription by Gemini's generateContent. */

/** Parameters that llmux translates. All others are the model's own. */
const speechParams: ReadonlySet<string> = new Set([
  ...['model', 'input', 'voice', 'instructions', 'response_format', 'speed', 'stream', 'extra_body'],
])
const transcriptionParams: ReadonlySet<string> = new Set([
  ...['model', 'file', 'language', 'prompt', 'response_format', 'temperature', 'timestamp_granularities', 'include'],
  ...['chunking_strategy', 'stream', 'extra_body'],
])

function encodeSpeech(params: SpeechParams, context: EncodeContext): Encoded {
  const { input, voice, instructions, response_format: format, speed } = params
  const report = new Report(context)
  if (format && format !== 'wav' && format !== 'pcm') {
    report.unsupported('response_format', "Gemini speaks 'wav' and 'pcm'")
  }
  if (typeof speed === 'number' && speed !== 1) report.unsupported('speed', "put the pace into 'instructions'")
  report.throwUnsupported()
  const { config, root } = mediaFields(params, speechParams)
  const { speechConfig, ...own } = config
  return {
    body: {
      contents: [{ role: 'user', parts: [{ text: instructions ? `${instructions}:\n${input}` : input }] }],
      generationConfig: {
        responseModalities: ['AUDIO'],
        // speakers of a dialogue have voices of their own
        speechConfig: {
          ...((!isFields(speechConfig) || speechConfig.multiSpeakerVoiceConfig === undefined) && {
            voiceConfig: { prebuiltVoiceConfig: { voiceName: voice } },
          }),
          ...(isFields(speechConfig) && speechConfig),
        },
        ...own,
      },
      ...root,
    },
    warnings: report.warnings,
    encodeState: format ?? 'wav',
  }
}

function decodeSpeech(body: unknown, context: DecodeContext): Decoded<SpeechResponse> {
  const { parts, usage, model } = read(body, context)
  const audio = parts.map(({ inlineData }) => inlineData).find(isFields)
  const content = audio && textIn(audio, 'data')
  if (audio === undefined || content === undefined) throw new ProviderFault('its answer has no audio')
  const data = fromBase64(content)
  const type = textIn(audio, 'mimeType') ?? 'audio/L16;rate=24000'
  const rate = Number(/rate=(\d+)/.exec(type)?.[1] ?? 24000)
  const pcm = /^audio\/(?:L16|pcm)/i.test(type)
  const wav = pcm && context.encodeState !== 'pcm'
  return {
    data: wav ? wavOf(data, rate) : data,
    content_type: wav ? 'audio/wav' : type,
    model,
    ...(usage && { usage }),
  }
}

function encodeTranscription(params: ReadTranscriptionParams, context: EncodeContext): Encoded {
  const { file, language, prompt, response_format: format, temperature } = params
  const report = new Report(context)
  if (format && format !== 'json' && format !== 'text') {
    report.unsupported('response_format', "Gemini has no times: use 'json' or 'text'")
  }
  for (const name of ['timestamp_granularities', 'include', 'chunking_strategy'] as const) {
    if (params[name]) report.unsupported(name, 'Gemini transcribes by a prompt')
  }
  report.throwUnsupported()
  report.emulated('transcription', 'A prompt requests the text of the audio.')
  const { config, root } = mediaFields(params, transcriptionParams)
  const task = [
    'Write down the speech in this audio word for word, and nothing else.',
    ...(language ? [`Its language is ${language}.`] : []),
    ...(prompt ? [`It may contain these words: ${prompt}`] : []),
  ].join(' ')
  return {
    body: {
      contents: [
        {
          role: 'user',
          parts: [{ inlineData: { mimeType: typeOf(file), data: base64((file as Upload).data) } }, { text: task }],
        },
      ],
      generationConfig: { temperature: temperature ?? 0, ...config },
      ...root,
    },
    warnings: report.warnings,
  }
}

/** https://ai.google.dev/gemini-api/docs/audio#supported-formats */
const types: Readonly<Record<string, string>> = {
  mp3: 'audio/mp3',
  wav: 'audio/wav',
  aiff: 'audio/aiff',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
}

/** The media type, or that of the name's ending. */
function typeOf({ name, type }: ReadTranscriptionParams['file']): string {
  if (type.startsWith('audio/')) return type
  return types[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'audio/wav'
}

function decodeTranscription(body: unknown, context: DecodeContext): Decoded<TranscriptionResponse> {
  const { parts, usage, model } = read(body, context)
  const text = parts.map((part) => (part.thought === true ? '' : (textIn(part, 'text') ?? ''))).join('')
  return { text: text.trim(), model, ...(usage && { usage }) }
}

function read(body: unknown, { model }: DecodeContext) {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const candidates = fieldsIn(body.candidates)
  if (candidates.length === 0) {
    throw new ProviderFault("its answer has no 'candidates'", isFields(body.error) ? body : undefined)
  }
  return {
    parts: candidates.flatMap(({ content }) => (isFields(content) ? fieldsIn(content.parts) : [])),
    usage: decodeUsage(body.usageMetadata as WireUsage | undefined),
    model: textIn(body, 'modelVersion') || model,
  }
}

/** https://ai.google.dev/gemini-api/docs/speech-generation */
export const speech: SpeechDialect = Object.freeze({ encode: encodeSpeech, decode: decodeSpeech })

/** https://ai.google.dev/gemini-api/docs/audio */
export const transcription: TranscriptionDialect = Object.freeze({
  encode: encodeTranscription,
  decode: decodeTranscription,
})
