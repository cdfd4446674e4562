import type { HandlerResponse } from 'llmux/server'
import type { Log } from '../log.js'
import { badRequest, refuse } from '../refusal.js'
import { CallView, chosen, type HookRequest, isFor, setParams } from './call.js'
import { canReply, reply } from './reply.js'
import { type Stage, WholeStage, WindowStage } from './stream.js'
import { textsOfAnswer } from './texts.js'
import type { Hook, HookAnswer, HookAnswerChange, HookCallChange, HookReply } from './types.js'

const defaultTimeout = 5_000

/** Runs hooks on calls. */
export class HookRunner {
  readonly #hooks: ReadonlyMap<string, Hook>
  readonly #log: Log

  constructor(hooks: readonly Hook[], log: Log) {
    this.#hooks = new Map(hooks.map((hook) => [hook.name, hook]))
    this.#log = log
  }

  /** The hooks for one call; undefined if there are none. */
  start(request: HookRequest): CallHooks | undefined {
    const names = chosen(request, this.#hooks)
    const hooks = [...this.#hooks.values()].filter((hook) => hook.defaultOn !== false || names.has(hook.name))
    return hooks.length > 0 ? new CallHooks(hooks, request, this.#log) : undefined
  }
}

/** The hooks of one call. */
export class CallHooks {
  readonly #hooks: readonly Hook[]
  readonly #request: HookRequest
  readonly #view: CallView
  readonly #log: Log
  readonly #applied = new Set<string>()

  constructor(hooks: readonly Hook[], request: HookRequest, log: Log) {
    this.#hooks = hooks
    this.#request = request
    this.#view = new CallView(request)
    this.#log = log
  }

  /** Names of the hooks that have run. */
  get applied(): readonly string[] {
    return [...this.#applied]
  }

  /** The model after the changes of the hooks. */
  get model(): string {
    return this.#view.model
  }

  /**
   * Runs all `before`.
   * @returns the response of a hook that answers by itself
   * @throws the refusal of a hook
   */
  async before(): Promise<HandlerResponse | undefined> {
    for (const hook of this.#hooks) {
      if (!hook.before || !this.#isFor(hook)) continue
      const result = await this.#run(hook, 'before', () => hook.before?.(this.#view), checkCallResult(this.#view))
      if (result?.action === 'answer') {
        const { id, route, stream, model } = this.#request
        this.#log.info(`The hook '${hook.name}' has answered the call ${id}.`)
        return reply({ id, route, stream, model, text: result.text })
      }
      if (!result) continue
      if (result.params) setParams(this.#request.params, result.params)
      if (result.model !== undefined) {
        this.#view.model = result.model
        this.#request.params.model = result.model
      }
    }
    return undefined
  }

  /** True if there is a hook for the answer. */
  get watches(): boolean {
    return this.#hooks.some((hook) => (hook.after || hook.onStream) && this.#isFor(hook))
  }

  /**
   * Runs all `after` on a whole answer.
   * @returns the body with their changes
   * @throws the refusal of a hook
   */
  async after(
    text: string,
  ): Promise<{ readonly text: string; readonly body: Record<string, unknown>; changed: boolean }> {
    const body = JSON.parse(text) as Record<string, unknown>
    const slots = textsOfAnswer(this.#view.operation, body)
    let changed = false
    for (const hook of this.#hooks) {
      if (!hook.after || !this.#isFor(hook)) continue
      const texts = slots.map((slot) => slot.text)
      const next = await this.#after(hook, { texts, text: texts.join('\n'), body })
      if (!next) continue
      changed = true
      for (const [index, slot] of slots.entries()) slot.replace(next[index] ?? '')
    }
    return { text: changed ? JSON.stringify(body) : text, body, changed }
  }

  /** Stages of the hooks for a stream. */
  stages(): Stage[] {
    return this.#hooks.flatMap((hook): Stage[] => {
      if (!this.#isFor(hook) || !(hook.onStream || hook.after)) return []
      // the headers of the response name it before its first window
      this.#applied.add(hook.name)
      if (hook.onStream) {
        const run = (window: Parameters<NonNullable<Hook['onStream']>>[0]) =>
          this.#run(hook, 'onStream', () => hook.onStream?.(window, this.#view), checkWindowResult)
        return [new WindowStage(hook, async (window) => (await run(window))?.text)]
      }
      return [
        new WholeStage(
          (answer) => this.#after(hook, answer),
          () => this.#failed(hook, 'after', 'The stream is too long to be held back.'),
        ),
      ]
    })
  }

  async #after(hook: Hook, answer: HookAnswer): Promise<readonly string[] | undefined> {
    const result = await this.#run(
      hook,
      'after',
      () => hook.after?.(answer, this.#view),
      checkAnswerResult(answer.texts.length),
    )
    return result && (typeof result.text === 'string' ? [result.text] : result.text)
  }

  #isFor = (hook: Hook) => isFor(hook.for, this.#request, this.#view.model)

  async #run<Change>(
    hook: Hook,
    stage: string,
    start: () => unknown,
    check: (action: unknown, result: Readonly<Record<string, unknown>>) => Change | undefined,
  ): Promise<Change | undefined> {
    this.#applied.add(hook.name)
    let given: unknown
    let change: Change | undefined
    let refusal: Error | undefined
    try {
      given = start()
      if (given instanceof Promise) given = await within(given, hook.timeout ?? defaultTimeout)
      if (given === undefined || given === null) return undefined
      const result = given as Readonly<Record<string, unknown>>
      if (result.action === 'allow') return undefined
      if (result.action === 'refuse') refusal = refusalOf(result)
      else {
        change = check(result.action, result)
        if (change === undefined) throw new Error(`The result is invalid: ${shown(given)}.`)
      }
    } catch (error) {
      this.#failed(hook, stage, error instanceof Error ? error.message : String(error))
    }
    if (refusal) {
      this.#log.info(`The hook '${hook.name}' has refused the call ${this.#view.id} in '${stage}'.`)
      throw refusal
    }
    return change
  }

  /** @throws a refusal if the hook is closed on failure */
  #failed(hook: Hook, stage: string, reason: string): void {
    const end = hook.onFailure === 'open' ? 'goes on without it' : 'is refused'
    this.#log.warn(`The hook '${hook.name}' has failed in '${stage}'; the call ${this.#view.id} ${end}. ${reason}`)
    if (hook.onFailure === 'open') return
    throw refuse(`The hook '${hook.name}' has failed.`, {
      status: 503,
      type: 'hook_failed',
      headers: { 'x-should-retry': 'false' },
    })
  }
}

/** @throws if the time is over */
async function within(result: Promise<unknown>, ms: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No result within ${ms} ms.`)), ms)
  })
  try {
    return await Promise.race([result, late])
  } finally {
    clearTimeout(timer)
  }
}

function refusalOf({ message, status = 400 }: Readonly<Record<string, unknown>>): Error {
  if (typeof message !== 'string') throw new Error("'message' of a refusal must be a text.")
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599)
    throw new Error(`'status' of a refusal must be from 400 to 599; got ${shown(status)}.`)
  return status === 400
    ? badRequest(message, undefined, 'guardrail_refused')
    : refuse(message, { status, type: 'guardrail_refused' })
}

type Check<Change> = (action: unknown, result: Readonly<Record<string, unknown>>) => Change | undefined

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const checkCallResult =
  ({ operation }: CallView): Check<HookCallChange | HookReply> =>
  (action, result) => {
    const { params, model, text } = result
    if (action === 'answer') {
      if (!canReply(operation)) throw new Error(`A call of '${operation}' has no text to answer with.`)
      return typeof text === 'string' ? { action, text } : undefined
    }
    if (action !== 'change') return undefined
    if (params !== undefined && !isMap(params)) return undefined
    if (model !== undefined && (typeof model !== 'string' || model === '')) return undefined
    return { action, params, model }
  }

const checkWindowResult: Check<{ readonly text: string }> = (action, { text }) =>
  action === 'change' && typeof text === 'string' ? { text } : undefined

const checkAnswerResult =
  (texts: number): Check<HookAnswerChange> =>
  (action, { text }) => {
    if (action !== 'change') return undefined
    if (typeof text === 'string') return { action, text }
    const fits = Array.isArray(text) && text.length === texts && text.every((one) => typeof one === 'string')
    return fits ? { action, text: text as string[] } : undefined
  }

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.slice(0, 200)
}
