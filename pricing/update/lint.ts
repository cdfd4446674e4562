/** Checks for prices that can't be right. */
import type { PriceRow, ProviderTable, RateCard, ServiceRate } from '../schema.js'

export interface Problem {
  rule: string
  model: string
  message: string
}

/** A reported problem that was checked and is correct. */
export interface Accepted {
  rule: string
  /** Pattern of `provider/model`. */
  models: string
  why: string
}

/** @param before the previous table, to detect implausible changes */
export function lint(
  tables: ReadonlyMap<string, ProviderTable>,
  accepted: readonly Accepted[] = [],
  before?: ReadonlyMap<string, ProviderTable>,
): Problem[] {
  const problems: Problem[] = []
  for (const [provider, { models }] of tables) {
    for (const [id, row] of Object.entries(models)) {
      const model = `${provider}/${id}`
      const report = (rule: string, message: string): void => {
        problems.push({ rule, model, message })
      }
      if (typeof row === 'string') checkAlias(models, id, report)
      else {
        checkRates(row, model, report)
        checkTiers(row, report)
        checkTimes(row, report)
        checkServices(row, report)
        checkLimits(row, report)
        const old = before?.get(provider)?.models[id]
        if (typeof old === 'object') checkChange(old, row, report)
      }
    }
  }
  return problems.filter(
    ({ rule, model }) => !accepted.some((one) => one.rule === rule && new RegExp(one.models).test(model)),
  )
}

type Report = (rule: string, message: string) => void

function checkAlias(models: ProviderTable['models'], id: string, report: Report): void {
  const seen = new Set([id])
  for (let target = models[id]; typeof target === 'string'; target = models[target]) {
    if (seen.has(target)) return report('alias-cycle', `leads back to '${target}'`)
    seen.add(target)
    if (models[target] === undefined) return report('alias-target', `refers to unknown row '${target}'`)
  }
  if (seen.size > 2) report('alias-chain', `refers to another alias: ${[...seen].join(' > ')}`)
}

function checkRates(card: RateCard, model: string, report: Report): void {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h, audioInput, audioOutput } = card
  const rates = { input, output, cacheRead, cacheWrite, cacheWrite1h, audioInput, audioOutput }
  for (const [name, value] of Object.entries(rates)) {
    if (value === undefined) continue
    if (!Number.isFinite(value) || value < 0) report('number', `${name} is ${value}`)
    if (value > 2000 || (value > 0 && value < 0.0004)) report('unit-slip', `${name} is ${value} per million tokens`)
  }
  if (card.perWebSearch !== undefined && Math.max(...[card.perWebSearch].flat()) > 0.5)
    report('unit-slip', `a web search for ${String(card.perWebSearch)}`)
  if (card.perSearchUnit !== undefined && card.perSearchUnit > 0.5)
    report('unit-slip', `a search unit for ${card.perSearchUnit}`)
  if (input === undefined) return
  if (cacheRead !== undefined && cacheRead > input)
    report('cache-read', `reads at ${cacheRead} cost more than input at ${input}`)
  if (cacheWrite !== undefined && cacheWrite < input)
    report('cache-write', `writes at ${cacheWrite} cost less than input at ${input}`)
  if (cacheWrite1h !== undefined && cacheWrite !== undefined && cacheWrite1h < cacheWrite)
    report('cache-write', `1-hour writes at ${cacheWrite1h} cost less than 5-minute ones at ${cacheWrite}`)
  if (/claude/.test(model) && cacheWrite1h !== undefined && Math.abs(cacheWrite1h - 2 * input) > 0.02 * input)
    report('cache-write', `1-hour writes at ${cacheWrite1h}, not twice ${input}`)
  if (output !== undefined && output > 0 && input > 0 && (output < input / 20 || output > input * 100))
    report('output-ratio', `output at ${output} with input at ${input}`)
  for (const [, past] of (card as PriceRow).earlier ?? []) checkRates(past, model, report)
}

function checkTiers(card: RateCard, report: Report): void {
  let last = 0
  let below: RateCard = card
  for (const [above, tier] of card.tiers ?? []) {
    if (above <= last) report('tier-order', `tier above ${above} follows ${last}`)
    for (const name of ['input', 'output', 'cacheRead', 'cacheWrite', 'cacheWrite1h'] as const) {
      const [base, rate] = [below[name], tier[name]]
      if (base !== undefined && rate !== undefined && rate < base)
        report('tier-base', `${name} falls to ${rate} above ${above} tokens, from ${base}`)
    }
    last = above
    below = { ...below, ...tier }
  }
}

function checkTimes(row: PriceRow, report: Report): void {
  let last = ''
  for (const [until] of row.earlier ?? []) {
    if (Number.isNaN(Date.parse(until)) || !until.endsWith('Z')) report('dates', `'${until}' is not a time in UTC`)
    if (until <= last) report('dates', `'${until}' follows '${last}'`)
    last = until
  }
  for (const { minutes, multiple } of row.hours ?? []) {
    if (minutes.some(([from, to]) => from < 0 || to > 1440 || from >= to))
      report('hours', `hours ${JSON.stringify(minutes)}`)
    if (multiple <= 0 || multiple > 10) report('hours', `a multiple of ${multiple}`)
  }
}

function checkServices(row: PriceRow, report: Report): void {
  const between = (name: string, rate: ServiceRate | undefined, low: number, high: number): void => {
    const multiple = Array.isArray(rate) ? (rate[0] as number) : rate
    if (typeof multiple === 'number' && (multiple < low || multiple > high))
      report('service-tier', `${name} is ${multiple} times the standard rate`)
  }
  between('batch', row.batch, 0.1, 1)
  between('flex', row.flex, 0.1, 1)
  between('priority', row.priority, 1, 4)
  between('ultrafast', row.ultrafast, 1, 20)
  between('fast', row.fast, 1, 10)
  between('residency', row.residency, 1, 1.5)
}

function checkLimits({ contextWindow, maxInputTokens, maxOutputTokens }: PriceRow, report: Report): void {
  if (contextWindow === undefined) return
  if (contextWindow < 16 || contextWindow > 50_000_000) report('limits', `a window of ${contextWindow} tokens`)
  if (maxInputTokens !== undefined && maxInputTokens > contextWindow)
    report('limits', `input of ${maxInputTokens} in a window of ${contextWindow}`)
  if (maxOutputTokens !== undefined && maxOutputTokens > contextWindow)
    report('limits', `output of ${maxOutputTokens} in a window of ${contextWindow}`)
}

function checkChange(old: PriceRow, row: PriceRow, report: Report): void {
  for (const name of ['input', 'output', 'cacheRead'] as const) {
    const [was, is] = [old[name], row[name]]
    if (was && is && (is / was > 3 || was / is > 3)) report('jump', `${name} went from ${was} to ${is}`)
  }
}
