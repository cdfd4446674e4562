import { type AnyLLMError, BadRequestError, type LLMError, NotFoundError, RateLimitError, TimeoutError } from 'llmux'
import { describe, expect, it, vi } from 'vitest'
import { Alerts } from '../../src/alerts/alerts.js'
import { projectionAlert } from '../../src/alerts/budgets.js'
import { CallWatch } from '../../src/alerts/call-watch.js'
import { channelOfUrl } from '../../src/alerts/channels.js'
import { lastMonth, lastWeek, sendReports } from '../../src/alerts/reports.js'
import type { AlertSettings, ChannelSetting } from '../../src/config/alerts.js'
import { verifyWebhook } from '../../src/hooks/signature.js'
import type { BudgetState } from '../../src/ledger/reader.js'
import { openTest, settled } from '../control/harness.js'
import { mailServer, webhooks } from './receivers.js'

const settingsOf = (channels: readonly ChannelSetting[], more: Partial<AlertSettings> = {}): AlertSettings => ({
  channels,
  slowMs: 300_000,
  types: undefined,
  urls: {},
  budgetTtl: 86_400_000,
  digestMs: 60_000,
  minorErrors: 5,
  majorErrors: 10,
  dailySpend: false,
  ...more,
})

const cooldown = { type: 'cooldown_deployment', level: 'Medium', message: 'Deployment `a` is in *cooldown*' } as const

describe('receivers', () => {
  it('get an alert in the form of Slack, Teams and Discord', async () => {
    const { received, url } = await webhooks(200)
    const alerts = new Alerts(
      settingsOf([
        { kind: 'slack', url: `${url}/slack` },
        { kind: 'teams', url: `${url}/teams` },
        { kind: 'discord', url: `${url}/discord` },
      ]),
    )
    alerts.send(cooldown)
    await expect.poll(() => received.length).toBe(3)
    const bodies = Object.fromEntries(received.map(({ path, body }) => [path, body]))
    expect(bodies['/slack'].text).toMatch(/^Alert type: `cooldown_deployment`\nLevel: `Medium`\nTimestamp: `/)
    expect(bodies['/teams'].attachments[0].contentType).toBe('application/vnd.microsoft.card.adaptive')
    expect(bodies['/teams'].attachments[0].content.body[1].text).toBe('Deployment `a` is in **cooldown**')
    expect(bodies['/discord']).toMatchObject({
      content: '**cooldown_deployment** (Medium)\nDeployment `a` is in **cooldown**',
      allowed_mentions: { parse: [] },
    })
    await alerts.close()
  })

  it('get webhooks with a signature and an id that stays the same over repetitions', async () => {
    const { received, url } = await webhooks(503, 500, 200)
    const alerts = new Alerts(settingsOf([{ kind: 'webhook', url, secret: 'shared-secret' }]), { retryMs: 1 })
    alerts.send({ ...cooldown, fields: { model_id: 'a' } })
    await expect.poll(() => received.length).toBe(3)
    for (const { headers, text } of received) {
      expect(verifyWebhook('shared-secret', { headers, body: text })).toBe(true)
      expect(verifyWebhook('another-secret', { headers, body: text })).toBe(false)
    }
    expect(new Set(received.map(({ headers }) => headers['x-llmux-delivery'])).size).toBe(1)
    expect(received[0]?.body).toMatchObject({
      event: 'cooldown_deployment',
      event_group: 'proxy',
      event_message: cooldown.message,
      model_id: 'a',
    })
    await alerts.close()
    expect(alerts.lost).toBe(0)
  })

  it('that refuse an alert for good are not asked again', async () => {
    const { received, url } = await webhooks(404)
    const alerts = new Alerts(settingsOf([{ kind: 'slack', url }]), { retryMs: 1 })
    alerts.send(cooldown)
    await expect.poll(() => alerts.lost).toBe(1)
    expect(received).toHaveLength(1)
    await alerts.close()
  })

  it('get e-mails by SMTP with a login, also the owner of a budget', async () => {
    const { mails, port } = await mailServer()
    const server = {
      ...{ host: '127.0.0.1', port, secure: false, requireTls: false },
      ...{ user: 'mailer', password: 'mail-password', from: 'llmux@example.com' },
    }
    const alerts = new Alerts(settingsOf([{ kind: 'email', server, to: ['ops@example.com'] }]))
    alerts.send({ type: 'budget_alerts', level: 'High', message: 'Used up *now*', to: ['ann@example.com'] })
    await expect.poll(() => mails.length).toBe(1)
    expect(mails[0]).toMatchObject({
      from: 'llmux@example.com',
      to: ['ops@example.com', 'ann@example.com'],
      user: 'mailer',
    })
    expect(mails[0]?.text).toMatch(/Subject: \[llmux\] budget_alerts \(High\)[\s\S]*Used up now/)
    await alerts.close()
  })

  it('of single types are known by their host', () => {
    expect(channelOfUrl('https://discord.com/api/webhooks/1/a').kind).toBe('discord')
    expect(channelOfUrl('https://discord.com/api/webhooks/1/a/slack').kind).toBe('slack')
    expect(channelOfUrl('https://x.webhook.office.com/webhookb2/1').kind).toBe('teams')
    expect(channelOfUrl('https://hooks.slack.com/services/1').kind).toBe('slack')
  })
})

describe('alerts', () => {
  it('are sent once by all processes together, and again after a while', async () => {
    let now = Date.UTC(2026, 10, 20)
    const { control } = await openTest({ now: () => now })
    const { received, url } = await webhooks(200)
    const processes = [1, 2, 3].map(() => {
      const alerts = new Alerts(settingsOf([{ kind: 'slack', url }]), { now: () => now })
      alerts.share(control.reader.claim)
      return alerts
    })
    for (const alerts of processes) alerts.send(cooldown)
    await expect.poll(() => received.length).toBe(1)
    now += 61_000
    for (const alerts of processes) alerts.send(cooldown)
    await Promise.all(processes.map((alerts) => alerts.close()))
    expect(received).toHaveLength(2)
  })

  it('are sent even if the database is away', async () => {
    const { received, url } = await webhooks(200)
    const alerts = new Alerts(settingsOf([{ kind: 'slack', url }]))
    alerts.share(() => Promise.reject(new Error('away')))
    alerts.send({ type: 'db_exceptions', level: 'High', message: 'The store has failed' })
    await expect.poll(() => received.length).toBe(1)
    await alerts.close()
  })

  it('about keys are only sent if their type is named', async () => {
    const { received, url } = await webhooks(200)
    const created = { type: 'new_virtual_key_created', level: 'Low', message: 'key created' } as const
    const quiet = new Alerts(settingsOf([{ kind: 'slack', url }]))
    quiet.send(created)
    const asked = new Alerts(settingsOf([{ kind: 'slack', url }], { types: ['new_virtual_key_created'] }))
    asked.send(created)
    asked.send(cooldown)
    await Promise.all([quiet.close(), asked.close()])
    expect(received.map(({ body }) => body.text)).toEqual([expect.stringContaining('new_virtual_key_created')])
  })
})

describe('calls', () => {
  const failing = (error: LLMError) => settled({ outcome: error.code, error: error as AnyLLMError })

  const watched = (more: Partial<AlertSettings> = {}) => {
    const sent: { type: string; message: string }[] = []
    const alerts = new Alerts(settingsOf([{ kind: 'slack', url: 'http://127.0.0.1:9' }], more))
    vi.spyOn(alerts, 'send').mockImplementation((alert) => {
      sent.push(alert)
    })
    let now = 0
    const watch = new CallWatch(alerts, () => now)
    return {
      sent,
      watch,
      alerts,
      later: (ms: number) => {
        now += ms
      },
    }
  }
  const call = (id: string) => ({ id, startedAt: 0, model: 'large' })

  it('that hang are reported once, those with an answer never', () => {
    const { sent, watch, later } = watched({ slowMs: 1_000 })
    for (const id of ['a', 'b']) watch.started(call(id))
    watch.answered('b')
    later(999)
    watch.check()
    expect(sent).toEqual([])
    later(1)
    watch.check()
    watch.check()
    expect(sent.map(({ type }) => type)).toEqual(['llm_requests_hanging'])
    watch.close()
  })

  it('are slow by the time to their first content', () => {
    const { sent, watch } = watched({ slowMs: 1_000 })
    watch.settled(call('a'), settled({ durationMs: 60_000, firstTokenMs: 200, stream: true }))
    expect(sent).toEqual([])
    watch.settled(call('b'), settled({ durationMs: 1_500 }))
    expect(sent.map(({ type }) => type)).toEqual(['llm_too_slow'])
    watch.close()
  })

  it('that fail many times become one digest and an outage, without the mistakes of clients', async () => {
    const { control, key, call: book } = await openTest()
    const { sent, watch } = watched()
    watch.connect(control.reader)
    const made = await key()
    for (const record of [
      ...Array.from({ length: 6 }, () => failing(new RateLimitError('slow down', { status: 429 }))),
      failing(new BadRequestError('no', { status: 400 })),
      failing(new BadRequestError('found before it was sent')),
      failing(new NotFoundError('no', { status: 404 })),
      failing(new TimeoutError('late', { status: 408, phase: 'headers' })),
    ]) {
      await book(made, {}, record)
      watch.settled({ ...call('x'), startedAt: Date.now() }, record)
    }
    expect(sent.map(({ type }) => type)).toEqual(['llm_exceptions', 'outage_alerts', 'outage_alerts', 'outage_alerts'])
    await expect.poll(() => control.reader.backlog()).toBe(0)
    await watch.digest()
    expect(sent.at(-1)?.message).toBe(
      '7 calls have failed in 60 s:\n6 × `large` (openai): `rate_limit`\n1 × `large` (openai): `timeout`',
    )
    watch.close()
  })
})

describe('budgets', () => {
  const state: BudgetState = {
    ...{ scope: 'team' as const, id: 't', alias: 'Red', spend: 40, limit: 100, soft: undefined },
    ...{ from: Date.UTC(2026, 10, 1), to: Date.UTC(2026, 11, 1) },
  }

  it('that will not last are projected', () => {
    const alert = projectionAlert(state, Date.UTC(2026, 10, 7), null)
    expect(alert?.fields).toMatchObject({
      event: 'projected_limit_exceeded',
      event_group: 'team',
      team_id: 't',
      projected_spend: 200,
      projected_exceeded_date: '2026-11-16T00:00:00.000Z',
    })
    expect(projectionAlert(state, Date.UTC(2026, 10, 25), null)).toBeUndefined()
    // the first hours of a month say nothing
    expect(projectionAlert(state, Date.UTC(2026, 10, 2), null)).toBeUndefined()
    expect(projectionAlert({ ...state, from: undefined, to: undefined }, Date.UTC(2026, 10, 7), null)).toBeUndefined()
  })
})

describe('reports', () => {
  it('cover whole weeks and months', () => {
    expect(lastWeek(Date.UTC(2026, 10, 30))).toEqual({ from: '2026-11-23', to: '2026-11-29' })
    expect(lastWeek(Date.UTC(2026, 10, 29, 23))).toEqual({ from: '2026-11-16', to: '2026-11-22' })
    expect(lastMonth(Date.UTC(2026, 0, 5))).toEqual({ from: '2025-12-01', to: '2025-12-31' })
  })

  it('are sent once, by one of the processes, with the sums of the ledger', async () => {
    let now = Date.UTC(2026, 10, 28, 12)
    const { control, ask, key, call } = await openTest({ now: () => now })
    await ask('POST', '/team/new', { team_id: 'r', team_alias: 'Red' })
    const made = await key({ team_id: 'r', key_alias: 'first', max_budget: 0.0001, budget_duration: 'monthly' })
    await call(made)
    await call(made, {}, { outcome: 'timeout', usage: undefined, cost: undefined, attempts: [] })
    await expect.poll(() => control.reader.backlog()).toBe(0)
    // the first Monday after
    now = Date.UTC(2026, 10, 30, 0, 10)
    const { received, url } = await webhooks(200)
    const process = () => {
      const alerts = new Alerts(settingsOf([{ kind: 'webhook', url, secret: undefined }]), { now: () => now })
      alerts.share(control.reader.claim)
      return { alerts, reader: control.reader, emailOf: () => null, now: () => now }
    }
    const parts = [process(), process()]
    for (const part of [...parts, ...parts]) await sendReports(part)
    await Promise.all(parts.map(({ alerts }) => alerts.close()))
    expect(received.map(({ body }) => body.event)).toEqual(['spend_reports'])
    expect(received[0]?.body).toMatchObject({
      from: '2026-11-23',
      to: '2026-11-29',
      calls: 2,
      failures: 1,
      spend: 0.00006,
    })
    expect(received[0]?.body.event_message).toContain('*teams:* `Red` $0.00006')
    now = Date.UTC(2026, 11, 1, 0, 10)
    for (const part of parts) await sendReports(part)
    await Promise.all(parts.map(({ alerts }) => alerts.close()))
    expect(received.map(({ body }) => body.event)).toEqual(['spend_reports', 'spend_reports'])
    expect(received[1]?.body).toMatchObject({ from: '2026-11-01', to: '2026-11-30' })
  })
})
