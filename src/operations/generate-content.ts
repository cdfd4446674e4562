import { GenerateContentStream } from '../call/generate-content-stream.js'
import type { CallOptions, GenerateContentRequest } from '../types/options.js'
import type { GenerateContentResponse } from '../types/wires.js'
import { streamOf, wireOperation } from './over-chat.js'
import { generateContentRequest } from './requests.js'

/** A stream for `stream: true`, else an answer; either of them if `stream` is known at run time only. */
export type GenerateContentResult<Stream extends boolean> = boolean extends Stream
  ? GenerateContentResponse | GenerateContentStream
  : Stream extends true
    ? GenerateContentStream
    : GenerateContentResponse

export interface GenerateContentMethod<Extra, Options> {
  /**
   * Calls a model in the form of Google's generateContent, with `model` and `stream` in the request. Google's hosts get the request
   * unchanged, and their answers and events come back unchanged; for all other chat models it is translated.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { candidates } = await client.generateContent({ model: 'anthropic/claude-sonnet-4-6', contents })
   */
  generateContent<const Stream extends boolean = false>(
    request: GenerateContentRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<GenerateContentResult<Stream>>
}

/** Google's generateContent: passed through to hosts that have it, translated for all other chat models. */
export const generateContent = wireOperation(
  {
    ...generateContentRequest,
    async load() {
      const { geminiWire: wire, withoutSeals } = await import('../../providers/inbound/gemini/index.js')
      return { wire, forHost: (request) => withoutSeals(request as never) }
    },
    stream: streamOf(GenerateContentStream),
  },
  (dialect) => dialect.generateContent,
)
