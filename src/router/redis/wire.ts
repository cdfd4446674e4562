import type { Budget } from '../../limits/budget.js'
import { calendarPeriod } from '../../limits/duration.js'
import type { Ask, Candidate, Lease, RoomReason, SharedUsage } from '../state.js'
import type { Keys } from './keys.js'
import { slots } from './scripts.js'

const billion = 1_000_000_000
/** US dollars to billionths. */
export const units = (dollars: number): number => Math.round(dollars * billion)
const dollars = (amount: number) => amount / billion

/** How the scripts know a budget's window. */
interface Window {
  /** Milliseconds of a slot. */
  readonly s?: number
  /** Ends of the calendar periods around now. */
  readonly e?: readonly number[]
}

export function windowOf({ duration, calendar }: Budget, now: number): Window {
  if (!duration) return {}
  if (!calendar) return { s: duration.ms / slots }
  const { from, to } = calendarPeriod(now, duration)
  return { e: [from, to, calendarPeriod(to, duration).to] }
}

/** What was set aside of a budget. */
export interface Hold {
  readonly budget: Budget
  readonly amount: number
}

/** A lease, with what is needed to give it back. */
export interface RedisLease extends Lease {
  readonly lease: string
  readonly slot: number
  readonly tokens: number
  readonly holds: readonly Hold[]
  /** Goes first after a cooldown. */
  readonly trial: boolean
  /** Wall time of this process. */
  readonly deadline: number
}

interface Times {
  /** Length of the usage window, in milliseconds. */
  readonly window: number
  readonly leaseTtl: number
  readonly trialTtl: number
  /** Redis's wall time, as far as it is known. */
  readonly now: number
}

/** A question to the script `reserve`, and what its answer is read with. */
export interface Question {
  readonly ask: Ask
  readonly lease: string
  readonly tokens: number
  readonly budgets: readonly Budget[]
  readonly keys: string[]
  readonly argument: unknown
}

export function question(ask: Ask, lease: string, keys: Keys, { window, leaseTtl, trialTtl, now }: Times): Question {
  const budgets: Budget[] = []
  const indexOf = (budget: Budget) => {
    const at = budgets.indexOf(budget)
    return at >= 0 ? at : budgets.push(budget) - 1
  }
  const tokens = Math.ceil(ask.tokens)
  const candidates = ask.candidates.map((candidate) => ({
    r: candidate.rpm,
    t: candidate.tpm,
    p: candidate.maxParallelRequests,
    ...(candidate.budgets.length > 0 && {
      b: candidate.budgets.map(indexOf),
      e: units(candidate.estimate),
      m: units(candidate.most),
    }),
  }))
  return {
    ask,
    lease,
    tokens,
    budgets,
    keys: [
      keys.processes,
      ...ask.candidates.flatMap(({ id }) => [keys.deployment(id), keys.leases(id)]),
      ...budgets.flatMap(({ key }) => [keys.budget(key), keys.holds(key)]),
    ],
    argument: {
      id: lease,
      n: tokens,
      w: window / slots,
      x: leaseTtl,
      y: Math.ceil(ask.timeout),
      z: trialTtl,
      c: candidates,
      b: budgets.map((budget) => ({ l: units(budget.limit), ...windowOf(budget, now) })),
    },
  }
}

interface Row {
  readonly r: number
  readonly t: number
  readonly f: number
  readonly cl?: number
  readonly cr?: string
  readonly h?: number
  readonly lc?: number
  readonly lt?: number
  readonly lf?: number
}

interface Why {
  readonly k: RoomReason['kind']
  readonly w?: number
  readonly b?: number
  readonly s?: number
  readonly h?: number
}

interface Reply {
  /** From 1. */
  readonly i?: number
  readonly s?: number
  readonly p?: number
  readonly now: number
  readonly n: number
  readonly u: readonly Row[]
  readonly w?: readonly Why[]
  readonly b?: readonly { readonly i: number; readonly s: number; readonly h: number }[]
}

export interface Answer {
  readonly found: RedisLease | { readonly reasons: readonly RoomReason[] }
  readonly usage: readonly SharedUsage[]
  /** US dollars spent and set aside, by all. */
  readonly money: readonly { readonly budget: Budget; readonly total: number }[]
  readonly now: number
  readonly processes: number
}

/** @param wall this process's time */
export function readAnswer(text: string, { ask, lease, tokens, budgets }: Question, wall: number): Answer {
  const reply = JSON.parse(text) as Reply
  const usage = ask.candidates.map(({ id }, index) => usageOf(id, reply.u[index], wall))
  const money = (reply.b ?? []).flatMap(({ i, s, h }) => {
    const budget = budgets[i]
    return budget ? { budget, total: dollars(s + h) } : []
  })
  const chosen = reply.i === undefined ? undefined : ask.candidates[reply.i - 1]
  const found =
    chosen && reply.i !== undefined
      ? {
          index: reply.i - 1,
          id: chosen.id,
          lease,
          slot: reply.s ?? 0,
          tokens,
          holds: chosen.budgets.map((budget) => ({ budget, amount: units(chosen.most) })),
          trial: reply.p !== undefined,
          deadline: wall + ask.timeout,
        }
      : {
          reasons: ask.candidates.map((candidate, index) =>
            reasonOf(candidate, reply.w?.[index], usage[index], budgets),
          ),
        }
  return { found, usage, money, now: reply.now, processes: reply.n }
}

function usageOf(id: string, row: Row | undefined, wall: number): SharedUsage {
  const { r = 0, t = 0, f = 0, cl, cr = '', h, lc, lt, lf } = row ?? {}
  return {
    id,
    requests: r,
    tokens: t,
    inFlight: f,
    cooldown: cl === undefined ? undefined : { until: wall + cl, reason: cr },
    halfOpen: h !== undefined,
    latency: lc === undefined ? undefined : { callMs: lc, perTokenMs: lt, firstTokenMs: lf },
  }
}

/** Nobody says when a call of another process ends: look again after this time, in milliseconds. */
const lookAgain = 50

function reasonOf(
  { rpm, tpm, maxParallelRequests }: Candidate,
  why: Why | undefined,
  usage: SharedUsage | undefined,
  budgets: readonly Budget[],
): RoomReason {
  const kind = why?.k ?? 'requests'
  const say = (reason: string, retryAfterMs = why?.w) => ({ kind, reason, retryAfterMs })
  switch (kind) {
    case 'cooldown':
      return say(`rests after ${usage?.cooldown?.reason}`)
    case 'probing':
      return say('is being tried out after its cooldown, perhaps by another process', lookAgain)
    case 'parallel':
      return say(`has ${maxParallelRequests} calls of all processes under way, which is all it may have`, lookAgain)
    case 'budget': {
      const budget = budgets[why?.b ?? 0]
      const held = why?.h ? `, $${dollars(why.h).toFixed(4)} set aside for calls under way` : ''
      const spent = `$${dollars(why?.s ?? 0).toFixed(4)} of $${budget?.limit} spent by all processes`
      return say(`budget ${budget?.key}: ${spent}${held}`, why?.h ? lookAgain : why?.w)
    }
    case 'tokens':
      return say(`all processes have used ${usage?.tokens} of its ${tpm} tokens a minute`)
    default:
      return say(`all processes have used its ${rpm} requests a minute`)
  }
}
