import type { Dispatcher } from 'undici'
import type { BatchPlan } from './batches/index.js'
import { MockDispatcher } from './dispatcher.js'
import type { ScriptOptions } from './fault.js'
import type { SimulatedRequest } from './request-log.js'
import type { FaultSource, ReplySource } from './script.js'
import { type SimulationOptions, Stage } from './stage.js'

export interface MockProviderOptions extends SimulationOptions {}

/** Simulated providers without a network: pass the `dispatcher` to a client. */
export interface MockProvider extends AsyncDisposable {
  /**
   * For `createClient({ dispatcher })`, for one call's `dispatcher`, or for `undici.request(url, { dispatcher })` and `fetch`.
   * Answers requests to any host and recognises the API by the path.
   */
  readonly dispatcher: Dispatcher
  /** Received requests, in order. */
  readonly requests: readonly SimulatedRequest[]
  /** Queues a reply for the next matching request. The default reply applies when the queue is empty. */
  reply(reply: ReplySource, options?: ScriptOptions): void
  /** Queues a fault for the next matching request; a function chooses per request. */
  fail(fault: FaultSource, options?: ScriptOptions): void
  /**
   * Plans the next batch that is made: when and how it ends. Its requests are answered like single ones.
   * @example
   * ```ts
   * simulator.batch({ polls: 3, outcome: 'expired', runs: 10 })
   * ```
   */
  batch(plan: BatchPlan): void
  /** Clears requests, queued replies and faults. Exchanges in flight continue. */
  reset(): void
  /** Fails exchanges in flight and all later requests. */
  close(): Promise<void>
}

/**
 * Answers in process, for unit tests: no server, port or key. Replies, faults, wires and model names are those of
 * `startSimulator`.
 *
 * @example
 * ```ts
 * const mock = mockProvider({ reply: 'Hello' })
 * const client = createClient({ dispatcher: mock.dispatcher, providers: { openai: { apiKey: 'any' } } })
 *
 * const answer = await client.completion({ model: 'openai/gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })
 * answer.choices[0].message.content // 'Hello'
 * mock.requests[0].body // the body that OpenAI would receive
 *
 * mock.fail({ kind: 'status', status: 429, retryAfter: 1 })
 * ```
 */
export function mockProvider(options: MockProviderOptions = {}): MockProvider {
  const stage = new Stage(options)
  const dispatcher = new MockDispatcher(stage)
  const close = (): Promise<void> => dispatcher.destroy()
  return {
    // hides all but `dispatch`, `close`, `destroy` and events
    dispatcher: dispatcher as unknown as Dispatcher,
    requests: stage.requests,
    reply: (reply, script) => stage.script.addReply(reply, script),
    fail: (fault, script) => stage.script.addFault(fault, script),
    batch: (plan) => stage.planBatch(plan),
    reset: () => stage.reset(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
