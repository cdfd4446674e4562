import { type Checker, Section } from './checker.js'

/** A receiver of alerts. */
export type ChannelSetting =
  | { readonly kind: 'slack' | 'teams' | 'discord'; readonly url: string }
  | { readonly kind: 'webhook'; readonly url: string; readonly secret: string | undefined }
  | { readonly kind: 'email'; readonly server: MailServer; readonly to: readonly string[] }

export interface MailServer {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; otherwise STARTTLS if the server has it. */
  readonly secure: boolean
  readonly requireTls: boolean
  readonly user: string | undefined
  readonly password: string | undefined
  readonly from: string
}

export interface AlertSettings {
  readonly channels: readonly ChannelSetting[]
  /** Milliseconds after which a call is slow, and an open one hangs. */
  readonly slowMs: number
  readonly types: readonly string[] | undefined
  /** Receivers of single types, instead of the channels. */
  readonly urls: Readonly<Record<string, readonly string[]>>
  /** Milliseconds between two alerts of one budget. */
  readonly budgetTtl: number
  /** Milliseconds over which failures are gathered into one message. */
  readonly digestMs: number
  /** Failures of a provider within a minute that are an outage. */
  readonly minorErrors: number
  readonly majorErrors: number
  /** Reports of spend each day, besides those of each week and month. */
  readonly dailySpend: boolean
}

const names = ['slack', 'teams', 'discord', 'webhook', 'email'] as const
type Name = (typeof names)[number]

/** Variables that hold the address of a channel; the first one that is set counts. */
const variables: Readonly<Record<Exclude<Name, 'email'>, readonly string[]>> = {
  slack: ['SLACK_WEBHOOK_URL'],
  teams: ['TEAMS_WEBHOOK_URL', 'MS_TEAMS_WEBHOOK_URL'],
  discord: ['DISCORD_WEBHOOK_URL'],
  webhook: ['WEBHOOK_URL'],
}

export function readAlerts(checker: Checker, general: Section): AlertSettings | undefined {
  const asked = general.texts('alerting') ?? []
  const args = new Section([], general.map('alerting_args') ?? {})
  const channels = asked.flatMap((name, index) => {
    const found = names.find((known) => known === name)
    if (found) return channelOf(checker, found, index, args)
    checker.line(
      ['general_settings', 'alerting', index],
      'ignored',
      `Alerts by '${name}' are not supported. Known: ${names.join(', ')}.`,
    )
    return []
  })
  const urls = Object.fromEntries(
    Object.entries(general.map('alert_to_webhook_url') ?? {}).map(([type, url]) => [
      type,
      (Array.isArray(url) ? url : [url]).map(String),
    ]),
  )
  const known = asked.filter((name) => names.some((one) => one === name))
  if (known.length === 0) return undefined
  if (Object.keys(urls).length === 0) {
    for (const [index, name] of asked.entries()) {
      if (name === 'email' || channels.some(({ kind }) => kind === name)) continue
      const variable = variables[name as Exclude<Name, 'email'>]?.[0]
      if (variable)
        checker.line(
          ['general_settings', 'alerting', index],
          'unset',
          `The environment variable ${variable} is not set.`,
        )
    }
  }
  return {
    channels,
    urls,
    slowMs: general.milliseconds('alerting_threshold') ?? 300_000,
    types: general.texts('alert_types'),
    budgetTtl: args.milliseconds('budget_alert_ttl') ?? 86_400_000,
    digestMs: args.milliseconds('digest_interval') ?? 60_000,
    minorErrors: args.number('minor_outage_alert_threshold') ?? 5,
    majorErrors: args.number('major_outage_alert_threshold') ?? 10,
    dailySpend: general.text('spend_report_frequency') === '1d',
  }
}

function channelOf(checker: Checker, name: Name, index: number, args: Section): ChannelSetting[] {
  const { environment } = checker
  if (name === 'email') {
    const host = environment.SMTP_HOST
    const to = args.texts('email_to') ?? environment.ALERT_EMAIL_TO?.split(',').map((one) => one.trim()) ?? []
    if (!host) {
      checker.line(['general_settings', 'alerting', index], 'unset', 'The environment variable SMTP_HOST is not set.')
      return []
    }
    const port = Number(environment.SMTP_PORT ?? 587)
    const server: MailServer = {
      host,
      port,
      secure: port === 465,
      requireTls: !/^false$/i.test(environment.SMTP_TLS ?? 'true'),
      user: environment.SMTP_USERNAME || undefined,
      password: environment.SMTP_PASSWORD || undefined,
      from: environment.SMTP_SENDER_EMAIL ?? `llmux-gateway@${host}`,
    }
    return [{ kind: 'email', server, to }]
  }
  const url = variables[name].map((variable) => environment[variable]).find(Boolean)
  if (!url) return []
  if (name === 'webhook') return [{ kind: name, url, secret: environment.WEBHOOK_SECRET || undefined }]
  return [{ kind: name, url }]
}
