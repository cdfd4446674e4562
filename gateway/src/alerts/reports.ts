import type { LedgerReader, PeriodReport } from '../ledger/reader.js'
import { dayOf } from '../ledger/rollups.js'
import type { Alerts } from './alerts.js'
import { projectionAlert } from './budgets.js'

const dayMs = 86_400_000
const hourMs = 3_600_000
/** Longer than any process that may send a report late. */
const claimMs = 62 * dayMs

export interface ReportParts {
  readonly alerts: Alerts
  readonly reader: LedgerReader
  /** E-mail of a user, or of the owner of a key. */
  emailOf(scope: string, id: string): string | null
  now(): number
}

/** Sends reports of past days, weeks and months, and projections of budgets: looks once in a while. Returns a function that ends it. */
export function keepReports(parts: ReportParts, everyMs = 15 * 60_000): () => void {
  let timer: NodeJS.Timeout
  const schedule = (delay: number) => {
    timer = setTimeout(() => {
      // a database that cannot be reached is asked again later
      void sendReports(parts)
        .catch(() => {})
        .finally(() => schedule(everyMs))
    }, delay)
    timer.unref()
  }
  schedule(Math.min(everyMs, 60_000))
  return () => clearTimeout(timer)
}

/** Sends the reports that are due and that no process has sent. */
export async function sendReports({ alerts, reader, emailOf, now }: ReportParts): Promise<void> {
  const at = now()
  const settings = alerts.settings
  if (!settings) return
  if (alerts.wants('budget_alerts') && (await reader.claim('projections', hourMs * 0.9))) {
    for (const state of reader.budgets()) {
      const alert = projectionAlert(state, at, emailOf(state.scope, state.id))
      if (alert) alerts.send(alert)
    }
  }
  const yesterday = dayOf(at - dayMs)
  const due = async (type: 'daily_reports' | 'spend_reports', name: string, from: string, to: string) => {
    if (!alerts.wants(type)) return
    if (!(await reader.claim(`report ${type} ${name} ${to}`, claimMs))) return
    const report = await reader.report(from, to)
    if (report.calls === 0) return
    alerts.send({
      type,
      level: 'Low',
      message:
        type === 'daily_reports'
          ? health(to, report)
          : spend(`${name}, ${from === to ? to : `${from} to ${to}`}`, report),
      subject: `${name} ${to}`,
      fields: { event: type, from, to, ...report },
    })
  }
  await due('daily_reports', 'Daily report', yesterday, yesterday)
  if (settings.dailySpend) await due('spend_reports', 'Daily spend', yesterday, yesterday)
  const [week, month] = [lastWeek(at), lastMonth(at)]
  await due('spend_reports', 'Weekly spend', week.from, week.to)
  await due('spend_reports', 'Monthly spend', month.from, month.to)
}

/** The last whole week, Monday to Sunday. */
export function lastWeek(at: number) {
  const weekday = (new Date(at).getUTCDay() + 6) % 7
  const monday = at - weekday * dayMs
  return { from: dayOf(monday - 7 * dayMs), to: dayOf(monday - dayMs) }
}

/** The last whole month. */
export function lastMonth(at: number) {
  const date = new Date(at)
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  return { from: dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1, 1)), to: dayOf(first - dayMs) }
}

const money = (dollars: number) => `$${dollars < 1 ? Number(dollars.toPrecision(3)) : dollars.toFixed(2)}`

const list = (title: string, rows: readonly (readonly [string, number])[], show: (value: number) => string) =>
  rows.length === 0 ? [] : [`*${title}:* ${rows.map(([name, value]) => `\`${name}\` ${show(value)}`).join(', ')}`]

function spend(title: string, { spend: total, calls, tokens, unknownCosts, top }: PeriodReport): string {
  return [
    `${title}: ${money(total)} for ${calls} calls and ${tokens} tokens.`,
    ...(unknownCosts > 0 ? [`The cost of ${unknownCosts} calls is unknown.`] : []),
    ...list('teams', top.team, money),
    ...list('keys', top.key, money),
    ...list('models', top.model, money),
    ...list('tags', top.tag, money),
  ].join('\n')
}

function health(day: string, { calls, failures, outcomes, slowest, spend: total }: PeriodReport): string {
  return [
    `Daily report, ${day}: ${calls} calls, ${failures} without an answer, ${money(total)}.`,
    ...list(
      'failures',
      outcomes.filter(([name]) => name !== 'success'),
      String,
    ),
    ...list('slowest deployments', slowest, (ms) => `${ms} ms`),
  ].join('\n')
}
