import type { DecodeContext, EncodeContext } from '../../../providers/contract.js'
import { openaiResponses, type ResponsesQuirks, responses } from '../../../providers/dialects/responses/index.js'
import { Assembler } from '../../../src/call/assemble.js'
import type { ChatCompletionChunk, ChatParams } from '../../../src/index.js'

export const encodeContext: EncodeContext<ResponsesQuirks> = {
  provider: 'openai',
  model: 'gpt-5-codex',
  dropParams: false,
  ownHost: true,
  quirks: openaiResponses,
}

export const decodeContext: DecodeContext<ResponsesQuirks> = {
  provider: 'openai',
  model: 'gpt-5-codex',
  quirks: openaiResponses,
  encodeState: undefined,
  created: 1_700_000_000,
  fallbackId: 'made-up',
}

const hello: ChatParams['messages'] = [{ role: 'user', content: 'Hello' }]

const chat = () => {
  if (!responses.chat) throw new Error('the dialect has no chat')
  return responses.chat
}

export const encode = (params: Partial<ChatParams>, context: Partial<typeof encodeContext> = {}) =>
  chat().encode({ model: 'm', messages: hello, stream: false, ...params }, { ...encodeContext, ...context })

/** Encodes a request, and says what is sent. */
export const bodyOf = (params: Partial<ChatParams>, context: Partial<typeof encodeContext> = {}) =>
  encode(params, context).body

/** @param encodeState of the request that is answered */
export const decode = (body: unknown, encodeState?: unknown) => chat().decode(body, { ...decodeContext, encodeState })

/** Runs events through the decoder. */
export function streamOf(events: readonly object[], encodeState?: unknown) {
  const decoder = chat().stream({ ...decodeContext, encodeState })
  const chunks: ChatCompletionChunk[] = []
  for (const event of events) decoder.push(undefined, JSON.stringify(event), chunks)
  const whole = decoder.end(chunks)
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.add(chunk)
  return { chunks, whole, answer: assembler.answer() }
}
