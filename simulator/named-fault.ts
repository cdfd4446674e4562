import type { Fault, FaultReason, GarbageFault } from './fault.js'

/** A fault requested by a model name, and the number of requests it applies to. */
export interface NamedFault {
  readonly fault: Fault
  readonly times: number
}

/** Parses the fault in a model name; see the table at `Fault`. */
export function namedFault(model: string): NamedFault | undefined {
  const times = /-x(\d+)$/.exec(model)
  const name = times ? model.slice(0, -times[0].length) : model
  const fault = parse(name)
  return fault && { fault, times: times ? Number(times[1]) : Number.POSITIVE_INFINITY }
}

/** Parses the milliseconds of `slow-chunks-20`. */
export function namedChunkDelay(model: string): number | undefined {
  const match = /^slow-chunks-(\d+)$/.exec(model)
  return match ? Number(match[1]) : undefined
}

const reasons: readonly FaultReason[] = ['quota', 'context-window', 'content-policy', 'image']

function parse(name: string): Fault | undefined {
  if (name === 'reset') return { kind: 'reset' }
  const match =
    /^(fail|slow-headers|slow-first-token|silence-after|cut-after|end-after|error-after|garbage|huge)-(.+)$/.exec(name)
  if (!match) return undefined
  const [, kind = '', rest = ''] = match
  if (kind === 'fail') return parseFail(rest)
  if (kind === 'garbage') return parseGarbage(rest)
  if (kind === 'error-after') {
    const [, after, status] = /^(\d+)(?:-(\d{3}))?$/.exec(rest) ?? []
    if (after === undefined) return undefined
    return { kind: 'error-event', afterChunks: Number(after), ...(status !== undefined && { status: Number(status) }) }
  }
  if (!/^\d+$/.test(rest)) return undefined
  const amount = Number(rest)
  switch (kind) {
    case 'slow-headers':
    case 'slow-first-token':
      return { kind, ms: amount }
    case 'silence-after':
      return { kind: 'silence', afterChunks: amount, keepAliveMs: 1_000 }
    case 'cut-after':
      return { kind: 'cut', afterChunks: amount }
    case 'end-after':
      return { kind: 'end', afterChunks: amount }
    case 'huge':
      return { kind: 'huge', bytes: amount }
    default:
      return undefined
  }
}

function parseFail(rest: string): Fault | undefined {
  const reason = reasons.find((name) => name === rest)
  if (reason) return { kind: 'status', reason }
  const [, status, seconds] = /^([45]\d\d)(?:-retry-after-(\d+))?$/.exec(rest) ?? []
  if (status === undefined) return undefined
  return { kind: 'status', status: Number(status), ...(seconds !== undefined && { retryAfter: Number(seconds) }) }
}

function parseGarbage(rest: string): Fault | undefined {
  const kinds: readonly GarbageFault['what'][] = ['html', 'truncated-json', 'empty', 'not-json', 'binary']
  const what = kinds.find((kind) => kind === rest)
  return what && { kind: 'garbage', what }
}
