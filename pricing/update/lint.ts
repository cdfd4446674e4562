/** What a price table must not say. */
import type { Card, ProviderTable, Row, ServiceRate } from '../schema.js'

export interface Problem {
  rule: string
  model: string
  message: string
}

/** A problem that was looked at, and is how it is. */
export interface Accepted {
  rule: string
  /** A pattern of `provider/model`. */
  models: string
  why: string
}

/** @param before the table that was committed, to see what changed by a factor */
export function lint(
  tables: ReadonlyMap<string, ProviderTable>,
  accepted: readonly Accepted[] = [],
  before?: ReadonlyMap<string, ProviderTable>,
): Problem[] {
  const problems: Problem[] = []
  for (const [provider, { m }] of tables) {
    for (const [id, row] of Object.entries(m)) {
      const model = `${provider}/${id}`
      const report = (rule: string, message: string): void => {
        problems.push({ rule, model, message })
      }
      if (typeof row === 'string') alias(m, id, report)
      else {
        ratios(row, model, report)
        tiers(row, report)
        times(row, report)
        services(row, report)
        limits(row, report)
        const old = before?.get(provider)?.m[id]
        if (typeof old === 'object') jump(old, row, report)
      }
    }
  }
  return problems.filter(
    ({ rule, model }) => !accepted.some((one) => one.rule === rule && new RegExp(one.models).test(model)),
  )
}

type Report = (rule: string, message: string) => void

function alias(m: ProviderTable['m'], id: string, report: Report): void {
  const seen = new Set([id])
  for (let target = m[id]; typeof target === 'string'; target = m[target]) {
    if (seen.has(target)) return report('alias-cycle', `leads back to '${target}'`)
    seen.add(target)
    if (m[target] === undefined) return report('alias-target', `leads to '${target}', which is not there`)
  }
  if (seen.size > 2) report('alias-chain', `leads to another alias: ${[...seen].join(' > ')}`)
}

function ratios(card: Card, model: string, report: Report): void {
  const { i, o, r, w, W } = card
  for (const [key, value] of Object.entries({ i, o, r, w, W, a: card.a, A: card.A })) {
    if (value !== undefined && (!Number.isFinite(value) || value < 0)) report('number', `${key} is ${value}`)
    if (value !== undefined && value > 2000) report('unit-slip', `${key} is ${value} per million tokens`)
    if (value !== undefined && value > 0 && value < 0.0004) report('unit-slip', `${key} is ${value} per million tokens`)
  }
  if (card.s !== undefined && Math.max(...[card.s].flat()) > 0.5)
    report('unit-slip', `a web search for ${String(card.s)}`)
  if (card.q !== undefined && card.q > 0.5) report('unit-slip', `a search unit for ${card.q}`)
  if (i === undefined) return
  if (r !== undefined && r > i) report('cache-read', `reads at ${r} cost more than input at ${i}`)
  if (w !== undefined && w < i) report('cache-write', `writes at ${w} cost less than input at ${i}`)
  if (W !== undefined && w !== undefined && W < w)
    report('cache-write', `1-hour writes at ${W} cost less than 5-minute ones at ${w}`)
  if (/claude/.test(model) && W !== undefined && Math.abs(W - 2 * i) > 0.02 * i)
    report('cache-write', `1-hour writes at ${W}, not twice ${i}`)
  if (o !== undefined && o > 0 && i > 0 && (o < i / 20 || o > i * 100))
    report('output-ratio', `output at ${o} beside input at ${i}`)
  for (const [, past] of (card as Row).h ?? []) ratios(past, model, report)
}

function tiers(card: Card, report: Report): void {
  let last = 0
  let below: Card = card
  for (const [above, tier] of card.t ?? []) {
    if (above <= last) report('tier-order', `tier above ${above} follows ${last}`)
    for (const key of ['i', 'o', 'r', 'w', 'W'] as const) {
      const [base, rate] = [below[key], tier[key]]
      if (base !== undefined && rate !== undefined && rate < base)
        report('tier-base', `${key} falls to ${rate} above ${above} tokens, from ${base}`)
    }
    last = above
    below = { ...below, ...tier }
  }
}

function times(row: Row, report: Report): void {
  let last = ''
  for (const [until] of row.h ?? []) {
    if (Number.isNaN(Date.parse(until)) || !until.endsWith('Z')) report('dates', `'${until}' is no time in UTC`)
    if (until <= last) report('dates', `'${until}' follows '${last}'`)
    last = until
  }
  for (const { u, x } of row.z ?? []) {
    if (u.some(([from, to]) => from < 0 || to > 1440 || from >= to)) report('hours', `hours ${JSON.stringify(u)}`)
    if (x <= 0 || x > 10) report('hours', `a multiple of ${x}`)
  }
}

function services(row: Row, report: Report): void {
  const between = (key: string, rate: ServiceRate | undefined, low: number, high: number): void => {
    const multiple = Array.isArray(rate) ? (rate[0] as number) : rate
    if (typeof multiple === 'number' && (multiple < low || multiple > high))
      report('service-tier', `${key} is ${multiple} times the standard rate`)
  }
  between('batch', row.b, 0.1, 1)
  between('flex', row.f, 0.1, 1)
  between('priority', row.p, 1, 4)
  between('fast', row.F, 1, 10)
  between('residency', row.u, 1, 1.5)
}

function limits({ C, L, M }: Row, report: Report): void {
  if (C !== undefined && (C < 16 || C > 50_000_000)) report('limits', `a window of ${C} tokens`)
  if (C !== undefined && L !== undefined && L > C) report('limits', `input of ${L} in a window of ${C}`)
  if (C !== undefined && M !== undefined && M > C) report('limits', `output of ${M} in a window of ${C}`)
}

function jump(old: Row, row: Row, report: Report): void {
  for (const key of ['i', 'o', 'r'] as const) {
    const [was, is] = [old[key], row[key]]
    if (was && is && (is / was > 3 || was / is > 3)) report('jump', `${key} went from ${was} to ${is}`)
  }
}
