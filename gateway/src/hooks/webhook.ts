import type { HookWebhook } from '../config/hooks.js'
import { sign, signatureHeader, timestampHeader } from './signature.js'
import type { Hook, HookAnswer, HookCall } from './types.js'

/** Largest answer of a webhook, in bytes. */
const mostBytes = 8 * 1024 * 1024

/** A hook that asks another server. */
export function webhook(settings: HookWebhook, secret: string): Hook {
  const { name, stages, timeout, attempts, onFailure, defaultOn, scope } = settings
  const ask = (stage: string, call: HookCall, answer?: HookAnswer) =>
    send(
      settings,
      secret,
      JSON.stringify({ stage, call: described(call), ...(answer && { answer }) }),
    ) as Promise<never>
  return {
    ...{ name, onFailure, defaultOn },
    for: scope,
    // each attempt has its own limit; this one is a bound on all of them
    timeout: timeout * attempts + 1_000,
    ...(stages.includes('before') && { before: (call: HookCall) => ask('before', call) }),
    ...(stages.includes('after') && { after: (answer: HookAnswer, call: HookCall) => ask('after', call, answer) }),
  }
}

function described({ id, operation, dialect, path, stream, requestedModel, model, params, caller }: HookCall) {
  return { id, operation, dialect, path, stream, requestedModel, model, params, caller }
}

/** Worth another attempt: the server could not be reached, or is busy. */
class Unanswered extends Error {}

async function send(settings: HookWebhook, secret: string, body: string): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await sendOnce(settings, secret, body)
    } catch (error) {
      if (!(error instanceof Unanswered) || attempt >= settings.attempts) throw error
    }
  }
}

async function sendOnce({ name, url, timeout }: HookWebhook, secret: string, body: string): Promise<unknown> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signal = AbortSignal.timeout(timeout)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-llmux-hook': name,
        [timestampHeader]: timestamp,
        [signatureHeader]: sign(secret, timestamp, body),
      },
      body,
      signal,
      redirect: 'manual',
    })
    text = await read(response)
  } catch (error) {
    if (signal.aborted) throw new Unanswered(`The webhook has not answered within ${timeout} ms.`)
    throw new Unanswered(`The webhook can't be reached: ${reasonOf(error)}`)
  }
  const { status } = response
  if (status === 429 || status >= 500) throw new Unanswered(`The webhook has answered with status ${status}.`)
  if (status !== 200) throw new Error(`The webhook must answer with status 200; got ${status}.`)
  let result: unknown
  try {
    result = JSON.parse(text)
  } catch {
    throw new Error('The answer of the webhook must be JSON.')
  }
  // an empty answer must not pass for permission
  if (typeof result !== 'object' || result === null || !('action' in result))
    throw new Error("The answer of the webhook must be an object with 'action'.")
  return result
}

async function read(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? (Reflect.get(cause, 'code') ?? cause.message) : String(cause)
}
