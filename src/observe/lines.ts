import { writeError } from '../platform/index.js'
import type { CallbackSet, CallEvent, FailureEvent, SuccessEvent } from '../types/observe.js'

const levels = ['error', 'warn', 'info', 'debug'] as const
const off: ReadonlySet<string> = new Set(['', '0', 'off', 'no', 'none', 'false', 'silent'])

/**
 * Callbacks that write readable lines to stderr, by the level in `LLMUX_LOG`. `debug`: every attempt; `info`: every call; `warn`:
 * retries, fallbacks and failures; `error`: failures. Undefined if logging is off.
 */
export function linesFor(
  asked: string | undefined,
  write: (line: string) => void = writeError,
): CallbackSet | undefined {
  const wanted = asked?.toLowerCase() ?? ''
  if (off.has(wanted)) return undefined
  const level = levels.indexOf(wanted as (typeof levels)[number])
  // `1`, `true`, `*` and other values mean the default level
  const detail = level < 0 ? levels.length - 1 : level
  const say = (event: CallEvent, text: string) => write(`${timeOf(event)} llmux ${text}\n`)
  const tries = detail === 3
  return {
    name: 'LLMUX_LOG',
    content: false,
    ...(detail >= 1 && {
      onRetry: (event) =>
        say(
          event,
          `${nameOf(event)} try ${event.attempt} ${whyOf(event)}; again in ${Math.round(event.delayMs)} ms${idOf(event)}`,
        ),
      onFallback: (event) =>
        say(event, `${nameOf(event)} ${whyOf(event)}; falls back from ${event.from} to ${event.to}${idOf(event)}`),
    }),
    ...(detail >= 2 && {
      onSuccess: (event) => say(event, `${nameOf(event)}${tries ? tryOf(event) : ''} ok ${endOf(event)}${idOf(event)}`),
    }),
    onFailure: (event) => {
      const text = `${nameOf(event)}${tries ? tryOf(event) : ''} ${whyOf(event)} after ${Math.round(event.timings.totalMs)} ms`
      say(event, `${text}${idOf(event)}`)
    },
  }
}

const timeOf = ({ time }: CallEvent) => new Date(time).toISOString().slice(11, 23)
const idOf = ({ callId }: CallEvent) => ` [${callId.slice(0, 8)}]`

function nameOf({ provider, model, modelGroup, deployment, operation }: CallEvent): string {
  const target = provider ? `${provider}/${model}` : model
  const group =
    modelGroup !== undefined && modelGroup !== target ? ` (${modelGroup}${deployment ? `: ${deployment}` : ''})` : ''
  return `${operation} ${target}${group}`
}

const tryOf = ({ attempts }: SuccessEvent | FailureEvent) => (attempts.length > 0 ? ` try ${attempts.length}` : '')

/** A single line of limited length. */
const short = (message: string): string => {
  const line = message.replace(/\s+/g, ' ')
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

const whyOf = ({ error }: { readonly error: FailureEvent['error'] }): string =>
  `${error.code}${error.status ? ` ${error.status}` : ''}: ${short(error.message)}`

function endOf({ timings, usage, cost, cache, status }: SuccessEvent): string {
  const parts: string[] = []
  if (status) parts.push(String(status))
  parts.push(`${Math.round(timings.totalMs)} ms`)
  if (timings.firstTokenMs !== undefined) parts.push(`first token ${Math.round(timings.firstTokenMs)} ms`)
  if (usage && 'completion_tokens' in usage) parts.push(`${usage.prompt_tokens}+${usage.completion_tokens} tokens`)
  if (cost?.total !== undefined) parts.push(`$${cost.total.toFixed(6)}`)
  if (cache.hit) parts.push('from cache')
  if (cache.error !== undefined) parts.push(`without cache: ${short(cache.error)}`)
  return parts.join(', ')
}
