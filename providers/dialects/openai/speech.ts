import type { SpeechParams, SpeechResponse } from '../../../src/types/speech.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { isFields } from '../../fields.js'
import { charactersOf, mediaType } from '../../shared/audio.js'
import type { SpeechDialect } from '../../shared/media-dialects.js'

function encode({ stream: _, extra_body: __, ...params }: SpeechParams, { model }: EncodeContext): Encoded {
  return { body: { ...params, model }, encodeState: charactersOf(params.input) }
}

function decode(body: unknown, context: DecodeContext): Decoded<SpeechResponse> {
  const { model, encodeState } = context
  if (!(body instanceof Uint8Array)) {
    throw new ProviderFault('its answer has no audio', isFields(body) ? body : undefined)
  }
  return { data: body, content_type: mediaType(context), model, usage: { characters: encodeState as number } }
}

/** https://platform.openai.com/docs/api-reference/audio/createSpeech */
export const speechDialect: SpeechDialect = Object.freeze({ encode, decode })
