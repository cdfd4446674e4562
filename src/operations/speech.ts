import { ByteAccumulator } from '../call/byte-accumulator.js'
import { ByteStream } from '../call/byte-stream.js'
import type { Params } from '../call/operation.js'
import { BadRequestError, got } from '../errors.js'
import type { CallOptions } from '../types/options.js'
import type { SpeechParams, SpeechRequest, SpeechResponse } from '../types/speech.js'
import { plainOperation } from './plain.js'
import { checkStream } from './shapes.js'

/** A stream of bytes for `stream: true`, else the whole audio. */
export type SpeechResult<Stream extends boolean> = boolean extends Stream
  ? SpeechResponse | ByteStream<SpeechResponse>
  : Stream extends true
    ? ByteStream<SpeechResponse>
    : SpeechResponse

export interface SpeechMethod<Extra, Options> {
  /**
   * Speaks a text.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { data } = await client.speech({ model: 'openai/gpt-4o-mini-tts', input: 'Hello', voice: 'alloy' })
   * await writeFile('hello.mp3', data)
   */
  speech<const Stream extends boolean = false>(
    request: SpeechRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<SpeechResult<Stream>>
}

export const speech = plainOperation<SpeechParams, SpeechResponse>({
  name: 'speech',
  answer: 'bytes',
  params: new Set(['model', 'input', 'voice', 'instructions', 'response_format', 'speed', 'stream', 'extra_body']),
  check(params) {
    for (const name of ['input', 'voice'] as const) {
      const value = params[name]
      if (typeof value === 'string' && value !== '') continue
      throw new BadRequestError(`'${name}' must be a non-empty string; ${got(value)}.`, { param: name })
    }
    checkStream(params)
  },
  openai: async () => (await import('../../providers/dialects/openai/speech.js')).speechDialect,
  unsupported: ({ name }) => `${name} has no speech here. OpenAI, Azure, Gemini, ElevenLabs and Groq do.`,
  stream({ part, params }, call) {
    const usage = () => ({ characters: [...String((params as Params).input)].length })
    return {
      read: () => new ByteAccumulator(call, { decode: (body) => part.decode(body, call.decodeContext()), usage }),
      estimate: usage,
      complete: (answer) => answer,
      stream: (parts) => new ByteStream(parts as unknown as ConstructorParameters<typeof ByteStream>[0]),
    }
  },
})
