import { LLMError } from '../errors.js'
import type { Call } from './call.js'
import { within } from './lifetime.js'
import type { CallRecorder } from './observer.js'
import { keepSecret } from './target.js'

/** Signs the request, or fetches a token for it. Repeated for every attempt, since both expire. */
async function authorize(call: Call): Promise<void> {
  const { provider, target, body, clock, lifetime } = call
  const { headers, settings, origin, path } = target
  const signed = provider.authorize?.(
    // no provider signs forms
    { method: 'POST', url: `${origin}${path}`, headers, body: typeof body === 'string' ? body : '', now: clock.wall() },
    settings,
    {
      key: target.tradedKey,
      send: async (request) => (await import('./auxiliary-request.js')).sendAuxiliary(call, request),
    },
  )
  const added = signed instanceof Promise ? await within(lifetime, signed) : signed
  Object.assign(headers, added)
  if (added?.authorization) keepSecret(target, added.authorization)
}

/** Adds the headers of observers. They replace those of the attempt before. */
function propagate({ target, provider, model, attempts }: Call, recorder: CallRecorder): void {
  Object.assign(target.headers, recorder.attemptHeaders(provider.id, model, attempts.length + 1))
}

/** Drops the token of an attempt that was rejected for it. False if the rejection had another reason. */
function dropToken({ provider, target, clock, lifetime }: Call, { status, message }: LLMError): boolean {
  if (!provider.forget || !target.authorized || lifetime.ended || (status !== 401 && status !== 403)) return false
  const token = target.headers.authorization?.replace(/^Bearer /, '')
  return token !== undefined && provider.forget({ token, status, message, now: clock.wall() })
}

/** Sends one attempt, with a new signature or token if the provider needs one. */
export const attempt = <Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer> =>
  call.target.authorized || call.recorder?.propagates ? attemptWithHeaders(call, send) : send()

async function attemptWithHeaders<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer> {
  if (call.target.authorized) await authorize(call)
  if (call.recorder?.propagates) propagate(call, call.recorder)
  return send()
}

/**
 * Runs the attempts of a call.
 * @throws the error of the last attempt; it lists all of them
 */
export async function withRetries<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer> {
  let startedAt: number | undefined
  try {
    if (call.lifetime.ended) throw call.lifetime.ended
    startedAt = call.clock.now()
    const answer = await attempt(call, send)
    call.recordAttempt(startedAt)
    return answer
  } catch (error) {
    return recover(call, error, startedAt, send)
  }
}

/** Sends one more attempt and records its end. */
async function again<Answer>(call: Call, send: () => Promise<Answer>): Promise<Answer> {
  const startedAt = call.clock.now()
  try {
    const answer = await attempt(call, send)
    call.recordAttempt(startedAt)
    return answer
  } catch (error) {
    if (LLMError.is(error)) call.recordAttempt(startedAt, error)
    throw error
  }
}

/**
 * Continues a call after its first attempt: with a new token at once, if the provider rejected the old one, and with retries.
 * @param startedAt of the first attempt; undefined if the call had ended before it
 * @throws the error of the last attempt; it lists all of them
 */
export async function recover<Answer>(
  call: Call,
  failure: unknown,
  startedAt: number | undefined,
  send: () => Promise<Answer>,
): Promise<Answer> {
  if (startedAt !== undefined && LLMError.is(failure)) call.recordAttempt(startedAt, failure)
  let renewed = false
  /** Repeats an attempt that was rejected for its token: once in a call. */
  const renewing = async (error: unknown): Promise<Answer> => {
    if (renewed || !LLMError.is(error) || !dropToken(call, error)) throw error
    renewed = true
    call.recorder?.retry(error, call.attempts.length, 0)
    return again(call, send)
  }
  try {
    return await renewing(failure).catch(async (first: unknown) => {
      if (!LLMError.is(first) || !first.retryable || call.limits.maxRetries === 0 || call.lifetime.ended) throw first
      const { retry } = await import('./retry.js')
      return retry(call, first, () => again(call, send).catch(renewing))
    })
  } catch (error) {
    const known = LLMError.is(error) ? error : undefined
    call.settle(undefined, undefined, known)
    if (known) known.attempts = call.attempts
    throw error
  }
}
