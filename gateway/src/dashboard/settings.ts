import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { Alerts } from '../alerts/alerts.js'
import { channelOfUrl, deliver } from '../alerts/channels.js'
import type { ChannelSetting } from '../config/alerts.js'
import { showPath } from '../config/checker.js'
import type { Environment, GatewayConfig } from '../config/config.js'
import { badRequest } from '../refusal.js'
import type { AdminRoute } from '../types.js'

interface SettingsParts {
  readonly config: () => GatewayConfig
  readonly alerts: Alerts
  readonly environment: Environment
  readonly version: string
}

/** The configuration in use with the origin of each value, and a test of the alert channels. */
export const settingsRoutes = ({ config, alerts, environment, version }: SettingsParts): AdminRoute[] => [
  {
    method: 'GET',
    path: '/dashboard/settings',
    handler: () => ({
      version,
      lines: linesOf(config(), environment),
      variables: variablesOf(environment),
      effective: effectiveOf(config()),
      channels: channelsOf(alerts).map(({ kind, name }) => ({ kind, name })),
    }),
  },
  { method: 'POST', path: '/dashboard/alerts/test', handler: () => testAlerts(alerts) },
]

const reference = 'os.environ/'

/** Names whose values may be secrets, or lead to one. */
const secret = /key|token|secret|password|credential|header|auth|cookie|salt|url$/i
const harmless = /^(max|min|input|output|cache)_|_(ttl|limit|tokens|per_token)$/
/** Parts of a path below which everything may be a secret. */
const secretPart = /header|credential|secret|^environment_variables$|^variables$/i

/** A value as the page shows it: a secret is only known to be set. */
function shown(path: readonly (string | number)[], value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (typeof value === 'string' && value.startsWith(reference)) return value
  const name = path.findLast((part) => typeof part === 'string') ?? ''
  const isSecret = secret.test(String(name)) && !harmless.test(String(name)) && typeof value !== 'boolean'
  if (isSecret || path.some((part) => typeof part === 'string' && secretPart.test(part))) return '••••••'
  return typeof value === 'string' ? withoutLogin(value) : JSON.stringify(value)
}

function withoutLogin(value: string): string {
  if (!URL.canParse(value)) return value
  const { username, password, search, protocol, host, pathname } = new URL(value)
  return username || password || search ? `${protocol}//${host}${pathname}` : value
}

/** The leaves of a document with their paths. */
function* leaves(value: unknown, path: readonly (string | number)[] = []): Generator<[(string | number)[], unknown]> {
  const entries = Array.isArray(value)
    ? value.map((entry, index) => [index, entry] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : []
  const isList = Array.isArray(value) && value.every((entry) => typeof entry !== 'object' || entry === null)
  if (entries.length === 0 || isList) return void (yield [[...path], value])
  for (const [name, entry] of entries) yield* leaves(entry, [...path, name])
}

/** Each value of the file: where it is, which variable it refers to, and what the gateway makes of it. */
function linesOf({ document, lines }: GatewayConfig, environment: Environment) {
  const treatments = new Map(lines.map((line) => [line.path, line]))
  return [...leaves(document.value)].map(([path, value]) => {
    const place = document.place(path)
    // the nearest line above that the check has a word for
    let line: (typeof lines)[number] | undefined
    for (let end = path.length; end > 0 && !line; end--) line = treatments.get(showPath(path.slice(0, end)))
    const variable = typeof value === 'string' && value.startsWith(reference) ? value.slice(reference.length) : null
    return {
      path: showPath(path),
      value: shown(path, value),
      file: place.file.split(/[\\/]/).at(-1) ?? '',
      line: place.line,
      variable,
      variable_is_set: variable === null ? null : Boolean(environment[variable]),
      treatment: line?.treatment ?? 'honoured',
      note: line?.note ?? null,
    }
  })
}

/** Variables that the gateway reads by itself. */
const own = [
  ...['LITELLM_MASTER_KEY', 'LITELLM_SALT_KEY', 'DATABASE_URL', 'PROXY_BASE_URL', 'LITELLM_CORS_ORIGINS'],
  ...['REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_PASSWORD', 'LITELLM_ENVIRONMENT'],
  ...['SLACK_WEBHOOK_URL', 'TEAMS_WEBHOOK_URL', 'DISCORD_WEBHOOK_URL', 'WEBHOOK_URL', 'WEBHOOK_SECRET'],
  ...['SMTP_HOST', 'SMTP_USERNAME', 'SMTP_PASSWORD', 'ALERT_EMAIL_TO'],
]

const variablesOf = (environment: Environment) =>
  [...own, ...Object.keys(environment).filter((name) => name.endsWith('_API_KEY'))]
    .filter((name) => environment[name] !== undefined && environment[name] !== '')
    .sort()
    .map((name) => ({ name, value: shown([name], environment[name]) }))

/** All settings in use, defaults among them. */
const effectiveOf = ({ settings, routing, models }: GatewayConfig) => [
  { name: 'models', value: String(models.length) },
  ...[...leaves({ ...settings, router: routing })]
    .filter(([, value]) => value !== undefined && typeof value !== 'function')
    .map(([path, value]) => ({
      name: showPath(path),
      value: shown(path, value),
    }))
    .filter(({ value }) => value !== null && value !== '{}'),
]

interface NamedChannel {
  readonly kind: ChannelSetting['kind']
  readonly name: string
  readonly channel: ChannelSetting
}

function channelsOf(alerts: Alerts): NamedChannel[] {
  const { channels = [], urls = {} } = alerts.settings ?? {}
  const named = (channel: ChannelSetting, type?: string): NamedChannel => ({
    kind: channel.kind,
    // the rest of the address is a secret of the channel
    name: `${channel.kind === 'email' ? channel.to.join(', ') : hostOf(channel.url)}${type ? ` (${type})` : ''}`,
    channel,
  })
  return [
    ...channels.map((channel) => named(channel)),
    ...Object.entries(urls).flatMap(([type, list]) => list.map((url) => named(channelOfUrl(url), type))),
  ]
}

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : 'not an address')

async function testAlerts(alerts: Alerts) {
  const channels = channelsOf(alerts)
  if (channels.length === 0)
    throw badRequest('No alert channel is configured: set general_settings.alerting.', 'alerting')
  const results = await Promise.all(
    channels.map(async ({ kind, name, channel }) => {
      try {
        await deliver(channel, {
          id: randomUUID(),
          at: Date.now(),
          type: 'new_model_added',
          level: 'Low',
          message: `Test of the alerts of the gateway on ${hostname()}. Nothing is wrong.`,
        })
        return { kind, name, ok: true, error: null }
      } catch (error) {
        return { kind, name, ok: false, error: reasonOf(error) }
      }
    }),
  )
  return { results }
}

/** A reason in words; that of a failed connection is only in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'The receiver did not answer in time.'
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  const { code, message } = cause as NodeJS.ErrnoException
  return `The receiver can't be reached: ${code ?? message}.`
}
