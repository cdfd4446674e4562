import { count, type Fields, filled, isObject, object, objects, parse, text } from '../wire/json.js'
import type { ExpectedAnswer } from './expectation.js'
import type { ExpectedStream } from './openai-stream.js'

/** What a whole answer of Ollama's chat says; undefined where it is an error. */
export const expectOllama = (body: unknown): ExpectedAnswer | undefined =>
  isObject(body) && isObject(body.message) ? answerOf([body]) : undefined

export const ollamaLines = (stream: string): Fields[] =>
  stream
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => object(parse(line)))

export function expectOllamaStream(stream: string): ExpectedStream {
  const lines = ollamaLines(stream)
  return {
    answer: answerOf(lines),
    failed: lines.some(({ error }) => error !== undefined),
    ended: lines.at(-1)?.done === true,
  }
}

function answerOf(lines: readonly Fields[]): ExpectedAnswer {
  const messages = lines.map(({ message }) => object(message))
  const last = lines.at(-1) ?? {}
  const tools = messages
    .flatMap(({ tool_calls }) => objects(tool_calls))
    .map(({ id, function: called }) => ({
      id: filled(id),
      name: text(object(called).name) ?? '',
      arguments: JSON.stringify(object(called).arguments ?? {}),
    }))
  const native = filled(last.done_reason)
  const counted = count(last.prompt_eval_count) !== undefined || count(last.eval_count) !== undefined
  return {
    id: undefined,
    model: filled(lines[0]?.model),
    choices: [
      {
        index: 0,
        text: messages.map(({ content }) => text(content) ?? '').join(''),
        refusal: '',
        reasoning: messages.map(({ thinking }) => text(thinking) ?? '').join(''),
        tools,
        functionCall: undefined,
        finish: native === 'length' ? 'length' : tools.length > 0 ? 'tool_calls' : 'stop',
        // servers before 0.1.45 gave no reason
        nativeFinish: native ?? (tools.length > 0 ? 'tool_calls' : 'stop'),
        logprobs: 0,
        citedUrls: [],
        thinking: [],
      },
    ],
    usage: counted
      ? {
          prompt: count(last.prompt_eval_count) ?? 0,
          completion: count(last.eval_count) ?? 0,
          cached: undefined,
          cacheWritten: undefined,
          reasoning: undefined,
          cost: undefined,
        }
      : undefined,
    kept: [],
    replayed: [],
  }
}
