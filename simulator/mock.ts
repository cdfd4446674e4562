import type { Dispatcher } from 'undici'
import { MockDispatcher } from './dispatcher.js'
import type { ScriptOptions } from './fault.js'
import type { SimulatedRequest } from './request-log.js'
import type { FaultSource, ReplySource } from './script.js'
import { type SimulationOptions, Stage } from './stage.js'

export interface MockProviderOptions extends SimulationOptions {}

/** Providers without a network: give its `dispatcher` to a client. */
export interface MockProvider extends AsyncDisposable {
  /**
   * For `createClient({ dispatcher })`, for one call's `dispatcher`, or for `undici.request(url, { dispatcher })` and `fetch`.
   * Every host is answered; which API is meant is read from the path.
   */
  readonly dispatcher: Dispatcher
  /** What was sent, in order. */
  readonly requests: readonly SimulatedRequest[]
  /** Queues an answer for the next request that it fits. The usual reply comes after the queue. */
  reply(reply: ReplySource, options?: ScriptOptions): void
  /** Queues something that goes wrong with the next request that it fits; a function chooses for each request. */
  fail(fault: FaultSource, options?: ScriptOptions): void
  /** Forgets requests, queued replies and faults. Exchanges that are under way go on. */
  reset(): void
  /** Fails what is under way and everything that is sent afterwards. */
  close(): Promise<void>
}

/**
 * Answers in the process, for unit tests: no server, no port, no key. Replies, faults, wires and model names are those of
 * `startSimulator`.
 *
 * @example
 * ```ts
 * const mock = mockProvider({ reply: 'Hello' })
 * const client = createClient({ dispatcher: mock.dispatcher, providers: { openai: { apiKey: 'any' } } })
 *
 * const answer = await client.completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })
 * answer.choices[0].message.content // 'Hello'
 * mock.requests[0].body // what OpenAI would have got
 *
 * mock.fail({ kind: 'status', status: 429, retryAfter: 1 })
 * ```
 */
export function mockProvider(options: MockProviderOptions = {}): MockProvider {
  const stage = new Stage(options)
  const dispatcher = new MockDispatcher(stage)
  const close = (): Promise<void> => dispatcher.destroy()
  return {
    // only what a dispatcher is for: `dispatch`, `close`, `destroy` and events
    dispatcher: dispatcher as unknown as Dispatcher,
    requests: stage.requests,
    reply: (reply, script) => stage.script.addReply(reply, script),
    fail: (fault, script) => stage.script.addFault(fault, script),
    reset: () => stage.reset(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
