import type { ChatCompletion, ChatCompletionChunk } from '../../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, type Decoded, ProviderFault } from '../../../contract.js'
import { type Fields, isFields } from '../../../fields.js'
import { decode as decodeChat } from '../decode.js'
import type { OpenAIQuirks } from '../quirks.js'
import { OpenAIStream } from '../stream.js'

type Context = DecodeContext<OpenAIQuirks>

/** https://platform.openai.com/docs/api-reference/completions/object, as a chat answer */
export const decode = (body: unknown, context: Context): Decoded<ChatCompletion> =>
  decodeChat(asChat(body, 'message'), context)

/** The same body in the shape of a chat answer. */
function asChat(body: unknown, place: 'message' | 'delta'): unknown {
  if (!isFields(body) || !Array.isArray(body.choices)) return body
  const choices = body.choices.map((choice: unknown) => {
    // Mistral answers in the form of chat
    if (!isFields(choice) || place in choice) return choice
    const { text, logprobs, ...rest } = choice
    const said = typeof text === 'string' ? text : ''
    return { ...rest, [place]: { role: 'assistant', content: said }, logprobs: logprobsOf(logprobs) }
  })
  return { ...body, choices }
}

/** Parallel lists of tokens and their probabilities. */
function logprobsOf(raw: unknown): Fields | null {
  if (!isFields(raw) || !Array.isArray(raw.tokens)) return null
  const { tokens, token_logprobs: numbers, top_logprobs: tops } = raw
  const content = tokens.map((token: unknown, at: number) => {
    const logprob = Array.isArray(numbers) && typeof numbers[at] === 'number' ? numbers[at] : 0
    const top = Array.isArray(tops) && isFields(tops[at]) ? Object.entries(tops[at]) : []
    const others = top.map(([other, number]) => ({ token: other, bytes: null, logprob: number }))
    return { token: String(token), bytes: null, logprob, top_logprobs: others }
  })
  return { content, refusal: null }
}

/** Events of text completions, handed on as those of chat. */
export class CompletionsStream implements ChatStreamDecoder {
  readonly #chat: OpenAIStream

  constructor(context: Context) {
    this.#chat = new OpenAIStream(context)
  }

  get done(): boolean {
    return this.#chat.done
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const text = data.trim()
    if (!text.startsWith('{')) return this.#chat.push(event, data, out)
    let body: unknown
    try {
      body = JSON.parse(text)
    } catch {
      throw new ProviderFault('its stream has an event that is not JSON')
    }
    this.#chat.push(event, JSON.stringify(asChat(body, 'delta')), out)
  }

  end(out: ChatCompletionChunk[]): boolean {
    return this.#chat.end(out)
  }
}
