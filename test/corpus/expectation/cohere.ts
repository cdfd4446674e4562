import { count, type Fields, filled, isObject, list, object, objects, parse, text } from '../wire/json.js'
import { splitEvents } from '../wire/sse.js'
import type { ExpectedAnswer, ExpectedUsage } from './expectation.js'
import type { ExpectedStream } from './openai-stream.js'

const finishes: Readonly<Record<string, string>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  TOOL_CALL: 'tool_calls',
}

/** What a whole answer of Cohere's chat says; undefined where it is an error. */
export function expectCohere(body: unknown): ExpectedAnswer | undefined {
  return isObject(body) && isObject(body.message) ? answerOf(body, body.message) : undefined
}

function answerOf(head: Fields, message: Fields): ExpectedAnswer {
  const native = filled(head.finish_reason)
  const citations = objects(message.citations)
  const thoughts = objects(message.content).flatMap((part) => filled(part.thinking) ?? [])
  return {
    id: filled(head.id),
    model: undefined,
    choices: [
      {
        index: 0,
        text: text(message.content) ?? objects(message.content).map(textOf).join(''),
        refusal: '',
        // the plan for its tools is thought, too
        reasoning: [...thoughts, filled(message.tool_plan) ?? ''].filter(Boolean).join('\n\n'),
        tools: objects(message.tool_calls).map((call) => ({
          id: filled(call.id),
          name: text(object(call.function).name) ?? '',
          arguments: text(object(call.function).arguments) ?? '',
        })),
        functionCall: undefined,
        finish: native === undefined ? undefined : (finishes[native] ?? native),
        nativeFinish: native,
        logprobs: list(head.logprobs).length,
        citedUrls: citations.flatMap(({ sources }) => objects(sources).flatMap(urlOf)),
        thinking: [],
      },
    ],
    usage: usageOf(object(head.usage)),
    kept: citations.flatMap((citation) => filled(citation.text) ?? []),
    replayed: [...objects(message.tool_calls).flatMap(({ id }) => filled(id) ?? []), filled(message.tool_plan) ?? ''],
  }
}

const textOf = (part: Fields): string => (part.type === 'text' ? (text(part.text) ?? '') : '')

function urlOf(source: Fields): string[] {
  const url = filled(object(source.document ?? source.tool_output).url)
  return url?.startsWith('http') ? [url] : []
}

function usageOf({ tokens, cached_tokens }: Fields): ExpectedUsage | undefined {
  if (!isObject(tokens)) return undefined
  return {
    prompt: count(tokens.input_tokens) ?? 0,
    completion: count(tokens.output_tokens) ?? 0,
    cached: count(cached_tokens),
    cacheWritten: undefined,
    reasoning: count(tokens.reasoning_tokens),
    cost: undefined,
  }
}

/** What a stream of Cohere's chat says when all its events are put together. */
export function expectCohereStream(stream: string): ExpectedStream {
  const texts: string[] = []
  const thoughts: string[] = []
  const calls: Fields[] = []
  const citations: Fields[] = []
  let [id, plan] = ['', '']
  let end: Fields | undefined
  for (const { data } of splitEvents(stream)) {
    const event = object(parse(data))
    const message = object(object(event.delta).message)
    const content = object(message.content)
    if (event.type === 'message-start') id = text(event.id) ?? ''
    texts.push(text(content.text) ?? '')
    thoughts.push(text(content.thinking) ?? '')
    plan += text(message.tool_plan) ?? ''
    const call = object(message.tool_calls)
    if (event.type === 'tool-call-start') calls.push({ ...call, function: { ...object(call.function) } })
    if (event.type === 'tool-call-delta') {
      const { function: open = {} } = calls.at(-1) ?? {}
      if (isObject(open)) open.arguments = `${text(open.arguments) ?? ''}${text(object(call.function).arguments) ?? ''}`
    }
    if (event.type === 'citation-start') citations.push(object(message.citations))
    if (event.type === 'message-end') end = object(event.delta)
  }
  const content = [
    { type: 'thinking', thinking: thoughts.join('') },
    { type: 'text', text: texts.join('') },
  ]
  const answer = answerOf({ ...end, id }, { content, tool_plan: plan, tool_calls: calls, citations })
  const failed = end?.finish_reason === 'ERROR' || end?.finish_reason === 'TIMEOUT'
  return { answer, failed, ended: end !== undefined }
}
