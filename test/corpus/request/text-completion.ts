import type { ExpectedAnswer } from '../expectation/expectation.js'
import { expectOpenAI } from '../expectation/openai.js'
import { type ExpectedStream, expectOpenAIStream } from '../expectation/openai-stream.js'
import { type Fields, isObject, list, object, objects, parse } from '../wire/json.js'
import type { Recording } from '../wire/recording.js'
import { splitEvents } from '../wire/sse.js'

/** The text completions of before chat: the corpus' own reading of them, as chat. */

export const textPrefix = 'text-completion-openai'

export const isText = ({ operation }: Recording): boolean => operation.startsWith('completion')

export const expectText = (body: unknown): ExpectedAnswer | undefined =>
  expectOpenAI(isObject(body) ? asChat(body, 'message') : body)

export function expectTextStream(stream: string): ExpectedStream {
  const events = splitEvents(stream).map(({ data }) => {
    const body = parse(data)
    return `data: ${isObject(body) ? JSON.stringify(asChat(body, 'delta')) : data}\n\n`
  })
  return expectOpenAIStream(events.join(''))
}

function asChat(body: Fields, place: 'message' | 'delta'): Fields {
  const choices = objects(body.choices).map(({ text, logprobs, ...rest }) => ({
    ...rest,
    [place]: { content: text },
    logprobs: { content: list(object(logprobs).tokens) },
  }))
  return { ...body, ...(Array.isArray(body.choices) && { choices }) }
}

/** A recorded request as a caller would write it; undefined where it has several prompts, or tokens, which a chat call can't. */
export function fromText({ prompt, logprobs, ...rest }: Fields): Fields | undefined {
  const content = onlyPrompt(prompt)
  if (typeof content !== 'string') return undefined
  return {
    ...rest,
    messages: [{ role: 'user', content }],
    ...(typeof logprobs === 'number' && { logprobs: true, top_logprobs: logprobs }),
  }
}

/** One prompt, and a list of that one, are the same. */
export const onlyPrompt = (prompt: unknown): unknown =>
  Array.isArray(prompt) && prompt.length === 1 ? prompt[0] : prompt
