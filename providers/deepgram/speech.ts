import type { SpeechParams, SpeechResponse } from '../../src/types/speech.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../contract.js'
import { type Fields, isFields } from '../fields.js'
import { Report } from '../report.js'
import { charactersOf, mediaType, queryOf } from '../shared/audio.js'
import type { SpeechDialect } from '../shared/media-dialects.js'

/** https://developers.deepgram.com/docs/tts-media-output-settings */
const formats: Readonly<Record<string, Fields>> = {
  mp3: { encoding: 'mp3' },
  opus: { encoding: 'opus' },
  aac: { encoding: 'aac' },
  flac: { encoding: 'flac' },
  wav: { encoding: 'linear16', container: 'wav' },
  pcm: { encoding: 'linear16', container: 'none', sample_rate: 24_000 },
}

function encode(params: SpeechParams, context: EncodeContext): Encoded {
  const { input, voice, instructions, response_format: format, speed, stream: _, ...rest } = params
  const { model: __, extra_body: ___, ...own } = rest as typeof rest & Fields
  const report = new Report(context)
  if (format && !formats[format]) {
    report.unsupported('response_format', `Deepgram speaks ${Object.keys(formats).join(', ')}`)
  }
  if (instructions) report.unsupported('instructions', 'the voice decides the tone')
  report.throwUnsupported()
  const query = { model: voiceModel(context.model, voice, report), ...formats[format ?? ''], speed, ...own }
  return {
    body: { text: input },
    subpath: queryOf(query),
    warnings: report.warnings,
    encodeState: charactersOf(input),
  }
}

/**
 * A voice is a model: `aura-2` and `thalia` are `aura-2-thalia-en`.
 * https://developers.deepgram.com/docs/tts-models
 */
function voiceModel(model: string, voice: string, report: Report): string {
  if (/^aura(?:-\d+)?$/.test(model)) {
    if (voice.startsWith('aura-')) return voice
    return `${model}-${voice}${/-[a-z]{2}$/.test(voice) ? '' : '-en'}`
  }
  if (model === voice || model.split('-').includes(voice.toLowerCase())) return model
  throw report.invalid('voice', `must be the one in the model's name ('${model}'), or the model 'aura-2'`, voice)
}

function decode(body: unknown, context: DecodeContext): Decoded<SpeechResponse> {
  if (!(body instanceof Uint8Array)) {
    throw new ProviderFault('its answer has no audio', isFields(body) && body.err_code !== undefined ? body : undefined)
  }
  const { model, encodeState } = context
  return { data: body, content_type: mediaType(context), model, usage: { characters: encodeState as number } }
}

/** https://developers.deepgram.com/reference/text-to-speech/speak-request */
export const speech: SpeechDialect = Object.freeze({ encode, decode })
