import { CompletionStream } from '../../call/completion-stream.js'
import { execute } from '../../call/execute.js'
import { isSchema, parseAnswer } from '../../call/structured.js'
import {
  type AnyLLMError,
  BadRequestError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  InternalServerError,
  LLMError,
  RateLimitError,
} from '../../errors.js'
import { operations } from '../../operations/index.js'
import type { ChatCompletion } from '../../types/chat.js'
import type { EmbeddingResponse } from '../../types/embedding.js'
import type { CompletionRequest } from '../../types/options.js'
import { closedError, type RouterContext } from '../context.js'
import type { ModelGroup } from '../deployments/model-groups.js'
import type { NoCapacity } from '../selection/no-capacity.js'
import {
  hasUntried,
  isNoCapacity,
  largestExceededWindow,
  nextCooldownEnd,
  type Selection,
  select,
} from '../selection/select.js'
import { AttemptRecorder } from './attempt-recorder.js'
import { countFor, fallbacksFor, worthFallingBack, worthRetrying } from './policy.js'
import { callTimeoutError } from './queue.js'
import { resumable } from './resume.js'
import { createStep, type FallbackStep, RoutedCall, type RoutedRequest } from './routed-call.js'

const defaultRetries = 2
const defaultFallbacks = 5
const defaultRetryDelay = 60_000
const firstDelay = 500
const largestDelay = 8_000
const defaultWait = 60_000
const defaultRoom = 1_000

/** Fallbacks of retries of (pick, call). */
export async function run(core: RouterContext, ride: RoutedCall): Promise<unknown> {
  core.begin()
  let answer: unknown
  try {
    answer = await withFallbacks(core, ride)
  } catch (error) {
    core.end()
    throw error
  }
  if (answer instanceof CompletionStream) answer.whenOver(() => core.end())
  else core.end()
  return answer
}

async function withFallbacks(core: RouterContext, ride: RoutedCall): Promise<unknown> {
  const first = createStep(ride.requested, ride)
  checkTargets(core, ride)
  let legs: FallbackStep[] = [first]
  let failed: { error: AnyLLMError; group: string } | undefined
  for (;;) {
    const leg = legs.shift()
    if (!leg) throw failed?.error
    // a group that has been taken out since can't be fallen back to
    const group = failed ? core.groups.find(leg.model) : core.groups.resolve(leg.model)
    if (!group || ride.visited.has(placeOf(leg, group))) continue
    try {
      if (failed) {
        ride.fallbacks++
        ride.watch?.fallback(failed.error, failed.group, group.name)
        core.events.emit({
          type: 'fallback',
          from: failed.group,
          to: group.name,
          error: failed.error,
          depth: ride.fallbacks,
        })
      }
      ride.visited.add(placeOf(leg, group))
      return await withRetries(core, ride, leg, group, legs.length > 0)
    } catch (error) {
      if (!LLMError.is(error)) throw error
      error.attempts = ride.attempts
      failed = { error, group: group.name }
      const { maxFallbacks = defaultFallbacks } = core.options
      const over = core.closed || ride.fallbacks >= maxFallbacks || isLate(core, ride)
      if (over || !worthFallingBack(error)) throw error
      legs = [...nextLegs(core, ride, leg, group, error), ...legs]
    }
  }
}

/** Timers may fire before their time, by so many milliseconds. */
const early = 2

const isLate = ({ clock }: RouterContext, { deadline }: RoutedCall) => clock.now() >= deadline - early

/** @throws {BadRequestError} where a call names a fallback that there is not */
function checkTargets({ groups }: RouterContext, { options }: RoutedCall): void {
  for (const name of ['fallbacks', 'contextWindowFallbacks', 'contentPolicyFallbacks'] as const) {
    const targets = options[name]
    if (!targets) continue
    for (const target of targets) {
      const model = typeof target === 'string' ? target : target.model
      if (!groups.find(model))
        throw new BadRequestError(`'${name}' names '${model}', which there is not.`, { param: name })
    }
  }
}

/** Where a leg goes on. None comes twice: loops are not possible. */
function nextLegs(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  group: ModelGroup,
  error: LLMError,
): FallbackStep[] {
  const targets = fallbacksFor(core.options, ride.options, [leg.model, group.name], error)
  return targets
    .map((target) => createStep(target, ride))
    .filter((next) => {
      const to = core.groups.find(next.model)
      return to && !ride.visited.has(placeOf(next, to))
    })
}

/** Where a leg leads, whatever it is called there: a group or a single deployment, the model of a wildcard, other parameters. */
function placeOf({ overrides }: FallbackStep, { name, id, matched }: ModelGroup): string {
  const place = id === undefined ? `group ${name} ${matched ?? ''}` : `deployment ${id}`
  return overrides ? `${place} ${JSON.stringify(overrides)}` : place
}

/** A group as it is now: deployments come and go while a call is under way. */
const asItIs = ({ groups }: RouterContext, { model }: FallbackStep, group: ModelGroup): ModelGroup =>
  groups.find(model) ?? { ...group, deployments: [], levels: [] }

async function withRetries(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  first: ModelGroup,
  elsewhere: boolean,
): Promise<unknown> {
  const { options } = core
  let group = first
  let failures = 0
  let last: LLMError | undefined
  let ready: Selection | undefined
  mock(core, ride)
  for (;;) {
    let found = ready ?? select(core, ride, leg, group)
    ready = undefined
    if (found instanceof Promise) found = await found
    if (core.closed) {
      if (!isNoCapacity(found)) giveBack(core, ride, found)
      throw closedError(last)
    }
    const pick = isNoCapacity(found) ? await forRoom(core, ride, leg, group, found, last, elsewhere) : found
    if (core.events.heard) {
      const { deployment, reason } = pick
      core.events.emit({
        type: 'pick',
        modelGroup: group.name,
        deployment: deployment.id,
        reason,
        attempt: ride.attempts.length + 1,
      })
    }
    try {
      return await attempt(core, ride, leg, pick)
    } catch (error) {
      if (!LLMError.is(error)) throw error
      last = error
      ride.last = error
      failures++
      leg.tried.add(pick.deployment)
      group = asItIs(core, leg, first)
      const others = hasUntried(core, ride, leg, group)
      const most =
        ride.options.numRetries ??
        countFor(options.groupRetryPolicy?.[group.name], error) ??
        countFor(options.retryPolicy, error) ??
        options.numRetries ??
        defaultRetries
      if (failures > most || core.closed || !worthRetrying(error, others) || isLate(core, ride)) throw error
      // whoever can be fallen back to answers sooner than a provider that asks for time
      const asksForTime = !others && (error.retryAfterMs ?? 0) > 0
      if (asksForTime && (elsewhere || nextLegs(core, ride, leg, group, error).length > 0)) throw error
      const rested = afterRest(leg, group, pick)
      const delayMs = others ? 0 : delayBefore(core, ride, error, failures, nextCooldownEnd(core, ride, rested, group))
      if (delayMs === undefined) throw error
      const made = ride.attempts.at(-1)
      if (made) made.delayMs = delayMs
      ride.watch?.retry(error, ride.attempts.length, delayMs)
      core.events.emit({
        type: 'retry',
        modelGroup: group.name,
        deployment: pick.deployment.id,
        error,
        delayMs,
        attempt: ride.attempts.length,
      })
      if (delayMs > 0) ready = await pause(core, ride, rested, group, delayMs)
      group = asItIs(core, leg, first)
    }
  }
}

/** The leg, for which those of its failures that rest now count as new when they come back. */
const afterRest = (leg: FallbackStep, { deployments }: ModelGroup, { deployment }: Selection): FallbackStep => ({
  ...leg,
  tried: new Set(deployments.filter((one) => leg.tried.has(one) && (one === deployment || !one.cooldown))),
})

/** Waits before another try, but no longer than until somebody else can answer. */
function pause(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  first: ModelGroup,
  delayMs: number,
): Promise<Selection | undefined> {
  const other = nextCooldownEnd(core, ride, leg, first)
  if (other !== undefined && other < delayMs) core.room.wakeIn(other)
  const attempt = () => {
    const group = asItIs(core, leg, first)
    if (!hasUntried(core, ride, leg, group)) return undefined
    const found = select(core, ride, leg, group)
    if (found instanceof Promise) return found.then((pick) => (isNoCapacity(pick) ? undefined : pick))
    return isNoCapacity(found) ? undefined : found
  }
  // what one of them can't have, another may that has failed elsewhere
  const kind = JSON.stringify([kindOf(core, ride, leg, first), [...leg.tried].map(({ id }) => id).sort()])
  return core.room.wait(ride, kind, delayMs, attempt, (pick) => giveBack(core, ride, pick))
}

/** Room that came too late for the call that waited for it. */
function giveBack(core: RouterContext, ride: RoutedCall, pick: Selection): void {
  new AttemptRecorder(core, ride, pick).finish(new BadRequestError('The call was over before it was sent.'))
}

/**
 * What the provider asks for, else exponential back-off with full jitter, but no longer than until another deployment is back;
 * undefined where waiting is pointless.
 */
function delayBefore(
  { clock, options }: RouterContext,
  ride: RoutedCall,
  error: LLMError,
  failures: number,
  otherIn: number | undefined,
): number | undefined {
  const { maxRetryDelay = defaultRetryDelay } = options
  const own = error.retryAfterMs
  const asked = own !== undefined && otherIn !== undefined ? Math.min(own, otherIn) : own
  if (asked !== undefined && asked > maxRetryDelay) return undefined
  const backOff = Math.min(largestDelay, firstDelay * 2 ** (failures - 1), maxRetryDelay) * clock.random()
  const delay = Math.max(1, asked ?? backOff)
  return delay < ride.deadline - clock.now() ? delay : undefined
}

/**
 * Nobody can take the call just now: waits for room where that is allowed and worth while, and no fallback can answer sooner.
 * @throws why nobody can
 */
async function forRoom(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  first: ModelGroup,
  refusal: NoCapacity,
  last: LLMError | undefined,
  elsewhere: boolean,
): Promise<Selection> {
  const { queue } = core.options
  const error = refusal.error(last)
  if (queue === false || !refusal.passes) throw error
  if (elsewhere || nextLegs(core, ride, leg, first, error).length > 0) throw error
  const left = ride.deadline - core.clock.now()
  const longest = Math.min(queue?.maxWait ?? defaultWait, left)
  const { retryAfterMs } = refusal
  if (retryAfterMs !== undefined && retryAfterMs > longest) throw error
  if (core.room.size >= (queue?.maxSize ?? defaultRoom)) throw error
  if (retryAfterMs !== undefined) core.room.wakeIn(retryAfterMs)
  let latest = refusal
  core.events.emit({ type: 'wait', modelGroup: first.name, waiting: core.room.size + 1 })
  const look = (found: Selection | NoCapacity): Selection | undefined => {
    if (!isNoCapacity(found)) return found
    // what it waited for has gone for good
    if (!found.passes) throw found.error(last)
    latest = found
    if (found.retryAfterMs !== undefined) core.room.wakeIn(found.retryAfterMs)
    return undefined
  }
  const attempt = () => {
    const found = select(core, ride, leg, asItIs(core, leg, first))
    return found instanceof Promise ? found.then(look) : look(found)
  }
  const waitedFrom = core.clock.now()
  const pick = await core.room.wait(ride, kindOf(core, ride, leg, first), longest, attempt, (late) =>
    giveBack(core, ride, late),
  )
  ride.watch?.queued(core.clock.now() - waitedFrom)
  if (pick) return pick
  if (left <= longest) throw callTimeoutError(ride, latest.error(last))
  throw latest.error(last)
}

/** Calls that any deployment of a group serves alike: where there is no room for the first, there is none for the others. */
function kindOf(core: RouterContext, { options, stream }: RoutedCall, leg: FallbackStep, group: ModelGroup): string {
  const { tags, allowedRegions } = options
  const { name, tagged, matched } = group
  const { operation, tools, vision, prefill } = leg.needs
  const asks = [tools, vision, prefill, stream, largestExceededWindow(core, leg, group)]
  const whose = tagged ? tags : tags?.filter((tag) => core.hasBudgetOf(tag))
  return JSON.stringify([name, matched, operation, asks, whose, allowedRegions])
}

async function attempt(core: RouterContext, ride: RoutedCall, leg: FallbackStep, pick: Selection): Promise<unknown> {
  const { deployment, model } = pick
  const following = new AttemptRecorder(core, ride, pick)
  ride.watch?.attempt({ ...following.mark, provider: deployment.provider, model: model.slice(model.indexOf('/') + 1) })
  const made = ride.attempts.length
  const startedAt = core.clock.now()
  const left = ride.deadline - startedAt
  const limit = deployment.timeout ?? core.options.attemptTimeout ?? 0
  const timeout = limit > 0 ? Math.min(limit, left) : left
  try {
    if (left <= 0) throw callTimeoutError(ride, undefined)
    const request = {
      ...core.defaults,
      ...deployment.defaults,
      ...ride.request,
      ...leg.overrides,
      model,
      baseModel: deployment.baseModel,
      maxRetries: 0,
      // the reader may not want it; whoever joins two streams does
      ...(ride.options.resume && ride.stream && { stream_options: { include_usage: true } }),
      timeout: timeout === Number.POSITIVE_INFINITY ? 0 : Math.max(1, timeout),
    }
    return await callOf(core, ride, leg, pick, request, following)
  } catch (error) {
    const known = LLMError.is(error) ? error : undefined
    following.finish(
      known ?? new BadRequestError('The call ended with something that is no error of llmux.', { cause: error }),
    )
    if (known && ride.attempts.length === made) {
      // it ended before there was anything to send, and was a try all the same
      ride.attempts.push({
        provider: deployment.provider,
        model: model.slice(model.indexOf('/') + 1),
        outcome: known.code,
        durationMs: core.clock.now() - startedAt,
        message: known.message,
        ...following.mark,
      })
    }
    // the call's time is what has run out, and not that of one try
    if (known?.code === 'timeout' && known.phase === 'total' && timeout === left) throw callTimeoutError(ride, known)
    throw error
  }
}

async function callOf(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  pick: Selection,
  request: Record<string, unknown>,
  following: AttemptRecorder,
): Promise<unknown> {
  const { group, deployment } = pick
  const { context } = deployment
  const sent = execute(context, operations[ride.operation], request, following, ride.watch)
  switch (ride.operation) {
    case 'chat': {
      const answer = (await sent) as ChatCompletion | CompletionStream
      if ('choices' in answer) {
        refuseFiltered(core, ride, leg, group, answer)
        return answer
      }
      refuseFilteredStream(core, ride, leg, group, answer)
      following.answering()
      return ride.options.resume ? survivable(core, ride, pick, answer) : answer
    }
    case 'embedding': {
      const answer = (await sent) as EmbeddingResponse
      following.finish(undefined, answer.usage, answer.meta.headers, undefined, () => answer.meta)
      return answer
    }
    case 'rerank':
      return sent
  }
}

/** Goes on elsewhere when the stream breaks. */
function survivable(
  core: RouterContext,
  ride: RoutedCall,
  { deployment }: Selection,
  stream: CompletionStream,
): CompletionStream {
  const { messages, stream_options: shown, response_format: format } = ride.request as Partial<CompletionRequest>
  let from = deployment
  const goOn = async (text: string, error: LLMError) => {
    const prefix = { role: 'assistant', content: text, prefix: true }
    const { resume: _, ...options } = ride.options
    const request = {
      ...ride.request,
      ...options,
      model: ride.requested,
      messages: [...(messages ?? []), prefix],
      stream_options: { include_usage: true },
    }
    const next = new RoutedCall('chat', request as unknown as RoutedRequest, core.clock.now(), ride.timeout, {
      ride,
      deployment: from,
      prefix,
    })
    next.watch = ride.watch
    // of the same call, which is counted until its stream ends
    const answer = (await withFallbacks(core, next)) as CompletionStream
    const to = answer.meta.router?.deployment ?? ''
    core.events.emit({ type: 'resume', from: from.id, to, error })
    // where it breaks again, it is this one that broke
    from = core.groups.get(to) ?? from
    return answer
  }
  return resumable(stream, shown?.include_usage === true, goOn, (answer) =>
    isSchema(format) ? parseAnswer(answer, format) : answer,
  )
}

/** The same for a stream that begins with its end. */
function refuseFilteredStream(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  group: ModelGroup,
  stream: CompletionStream,
): void {
  if (!core.options.contentPolicyFallbacks && !ride.options.contentPolicyFallbacks) return
  const answer = stream.soFar
  const [choice] = answer.choices
  if (choice?.finish_reason !== 'content_filter' || choice.message.content) return
  try {
    refuseFiltered(core, ride, leg, group, answer)
  } catch (error) {
    stream.abort(error)
    // nobody will read it
    stream.final().catch(() => {})
    throw error
  }
}

/** An answer that the provider's filter stopped is a refusal, where another group is there for those. */
function refuseFiltered(
  core: RouterContext,
  ride: RoutedCall,
  leg: FallbackStep,
  group: ModelGroup,
  answer: ChatCompletion,
): void {
  if (answer.choices[0]?.finish_reason !== 'content_filter') return
  const error = new ContentPolicyViolationError("The provider's content filter stopped the answer.", {
    provider: answer.meta.provider,
    model: answer.meta.model,
    status: answer.meta.status,
    requestId: answer.meta.requestId,
    partial: answer,
  })
  const { contentPolicyFallbacks } = core.options
  const targets = fallbacksFor(
    { modelList: [], contentPolicyFallbacks },
    { contentPolicyFallbacks: ride.options.contentPolicyFallbacks },
    [leg.model, group.name],
    error,
  )
  if (targets.length === 0 || ride.options.fallbacks === false) return
  const made = ride.attempts.at(-1)
  if (made) Object.assign(made, { outcome: error.code, message: error.message })
  throw error
}

/** Fails on purpose, so that fallbacks can be seen at work. */
function mock(core: RouterContext, ride: RoutedCall): void {
  const { options } = ride
  const asked = (Object.keys(options) as (keyof typeof options)[]).filter(
    (name) => name.startsWith('mockTesting') && options[name] === true,
  )
  const [first] = asked
  if (first === undefined) return
  if (!core.options.allowMockTesting) {
    throw new BadRequestError(`'${first}' works only in a Router made with allowMockTesting: true.`, { param: first })
  }
  if (ride.fallbacks > 0) return
  const said = { model: ride.requested, status: 0 }
  const message = `'${first}' was asked for.`
  switch (first) {
    case 'mockTestingContextFallbacks':
      throw new ContextWindowExceededError(message, { ...said, status: 400 })
    case 'mockTestingContentPolicyFallbacks':
      throw new ContentPolicyViolationError(message, { ...said, status: 400 })
    case 'mockTestingRateLimitError':
      throw new RateLimitError(message, { ...said, status: 429 })
    default:
      throw new InternalServerError(message, { ...said, status: 500 })
  }
}
