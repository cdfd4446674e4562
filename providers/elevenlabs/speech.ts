import type { SpeechParams, SpeechResponse } from '../../src/types/speech.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../contract.js'
import { type Fields, isFields } from '../fields.js'
import { Report } from '../report.js'
import { charactersOf, mediaType, queryOf, wavOf } from '../shared/audio.js'
import type { SpeechDialect } from '../shared/media-dialects.js'
import { encodeSegment } from '../shared/path.js'

/** Sampling rate of `pcm` and `wav`, in hertz: that of OpenAI. */
const rate = 24_000

/** https://elevenlabs.io/docs/api-reference/text-to-speech/convert: codec, sampling rate and bit rate in one name. */
const formats: Readonly<Record<string, string>> = {
  mp3: 'mp3_44100_128',
  opus: 'opus_48000_128',
  pcm: `pcm_${rate}`,
  wav: `pcm_${rate}`,
}

interface EncodeState {
  readonly characters: number
  readonly wav: boolean
}

function encode(params: SpeechParams, context: EncodeContext): Encoded {
  const { input, voice, instructions, response_format: format, speed, stream, ...rest } = params
  const { model: _, extra_body: __, ...own } = rest as typeof rest & Fields
  const { output_format, enable_logging, optimize_streaming_latency, voice_settings, ...fields } = own as Fields
  const report = new Report(context)
  const output = output_format ?? (format ? (formats[format] ?? format) : undefined)
  if (output !== undefined && !/^[a-z\d]+_\d/.test(String(output))) {
    report.unsupported('response_format', `ElevenLabs speaks ${Object.keys(formats).join(', ')} and its own formats`)
  }
  if (format === 'wav' && stream)
    report.unsupported('response_format', "a stream of ElevenLabs can't be WAV: use 'pcm'")
  if (instructions) report.unsupported('instructions', "put tags such as '[whispers]' into 'input' for eleven_v3")
  report.throwUnsupported()
  const settings = { ...(isFields(voice_settings) && voice_settings), ...(speed != null && { speed }) }
  const query = queryOf({ output_format: output, enable_logging, optimize_streaming_latency })
  const state: EncodeState = { characters: charactersOf(input), wav: format === 'wav' }
  return {
    body: {
      text: input,
      model_id: context.model,
      ...(Object.keys(settings).length > 0 && { voice_settings: settings }),
      ...fields,
    },
    subpath: `/${encodeSegment(voice, 'elevenlabs')}${stream ? '/stream' : ''}${query}`,
    warnings: report.warnings,
    encodeState: state,
  }
}

function decode(body: unknown, context: DecodeContext): Decoded<SpeechResponse> {
  if (!(body instanceof Uint8Array)) {
    throw new ProviderFault('its answer has no audio', isFields(body) && body.detail !== undefined ? body : undefined)
  }
  const { model, encodeState } = context
  const { characters, wav } = encodeState as EncodeState
  return {
    data: wav ? wavOf(body, rate) : body,
    content_type: wav ? 'audio/wav' : mediaType(context),
    model,
    usage: { characters },
  }
}

/** https://elevenlabs.io/docs/api-reference/text-to-speech/convert */
export const speech: SpeechDialect = Object.freeze({ encode, decode })
