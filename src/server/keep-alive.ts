import type { HttpErrorDialect } from '../http-error.js'
import type { HandlerCall, HandlerResponse } from './types.js'

/**
 * Text that clients ignore: a comment, or an empty line for clients of Google, whose older SDKs (Gemini CLI has one) read no event behind a
 * comment. Google's JSON array may have white space between its elements.
 */
const pings: Readonly<Record<HttpErrorDialect | 'array', string>> = {
  openai: ': keep-alive\n\n',
  gemini: '\n\n',
  anthropic: 'event: ping\ndata: {"type":"ping"}\n\n',
  array: '\n',
}

/** Whether the client asks for a stream. */
export const isStreamed = ({ route, params }: HandlerCall): boolean =>
  route.stream !== undefined || (params.stream === true && streaming.has(route.operation))

const streaming: ReadonlySet<string> = new Set(['chat', 'completion', 'responses', 'messages'])

/**
 * Sends keep-alives while a stream is silent. If its first event takes longer, the response starts without it; a call that then fails ends
 * the stream with an error event.
 * @param ms time of silence, in milliseconds
 * @param leave ends the call, because the client has left
 */
export async function withKeepAlive(
  running: Promise<HandlerResponse>,
  call: HandlerCall,
  ms: number,
  headers: () => Record<string, string>,
  leave: () => void,
): Promise<HandlerResponse> {
  const started = await within(running, ms)
  if (started && typeof started.body !== 'object') return started
  const isArray = call.route.stream === 'array'
  const ping = pings[isArray ? 'array' : call.route.dialect]
  if (started) return { ...started, body: keptAlive(running, ms, ping, '', call, leave) }
  const early = headers()
  if (!isArray) early['content-type'] = 'text/event-stream; charset=utf-8'
  early['cache-control'] = 'no-cache'
  early['x-accel-buffering'] = 'no'
  return { status: 200, headers: early, body: keptAlive(running, ms, ping, ping, call, leave) }
}

const over: IteratorResult<string, undefined> = Object.freeze({ value: undefined, done: true })

/** @param first text that is due at once */
function keptAlive(
  running: Promise<HandlerResponse>,
  ms: number,
  ping: string,
  first: string,
  call: HandlerCall,
  leave: () => void,
): AsyncIterable<string> {
  let due = first
  let ended = false
  let body: AsyncIterator<string, undefined> | undefined
  let pending: Promise<IteratorResult<string, undefined>> | undefined
  const start = async (): Promise<IteratorResult<string, undefined>> => {
    const { body: given } = await running
    if (typeof given !== 'object') {
      ended = true
      return { value: failureText(given ?? '', call), done: false }
    }
    body = given[Symbol.asyncIterator]()
    return body.next()
  }
  const iterator: AsyncIterator<string, undefined> = {
    async next() {
      if (due !== '') {
        const text = due
        due = ''
        return { value: text, done: false }
      }
      if (ended) return over
      pending ??= body ? body.next() : start()
      const result = await within(pending, ms)
      if (!result) return { value: ping, done: false }
      pending = undefined
      return result
    },
    async return() {
      ended = true
      if (body) await body.return?.()
      else leave()
      return over
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

/** The body of a failed call as the only event. */
function failureText(body: string, { route }: HandlerCall): string {
  if (route.stream === 'array') return `[${body}]`
  if (route.operation === 'responses') {
    const { error } = JSON.parse(body) as { error: object }
    return `event: error\ndata: ${JSON.stringify({ ...error, type: 'error' })}\n\n`
  }
  return route.dialect === 'anthropic' ? `event: error\ndata: ${body}\n\n` : `data: ${body}\n\n`
}

/** The result of a promise; undefined if it takes longer. */
function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
