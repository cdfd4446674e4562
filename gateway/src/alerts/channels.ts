import type { ChannelSetting, MailServer } from '../config/alerts.js'
import { sign, signatureHeader, timestampHeader } from '../hooks/signature.js'
import type { Delivery } from './types.js'

const timeoutMs = 10_000

/** The channel behind a URL of `alert_to_webhook_url`. Teams and Discord have forms of their own. */
export function channelOfUrl(url: string): ChannelSetting {
  const { hostname, pathname } = new URL(url)
  if (/(^|\.)discord(app)?\.com$/.test(hostname) && !pathname.endsWith('/slack')) return { kind: 'discord', url }
  if (/(^|\.)(webhook\.office\.com|logic\.azure\.com|powerplatform\.com)$/.test(hostname)) return { kind: 'teams', url }
  return { kind: 'slack', url }
}

/** A delivery that the receiver has refused. */
class Refused extends Error {
  constructor(
    readonly status: number,
    /** Milliseconds, if the receiver names a time. */
    readonly retryAfter: number | undefined,
  ) {
    super(`The receiver of alerts has answered with status ${status}.`)
  }
}

/** Sends an alert once. Rejects if the receiver has not taken it. */
export async function deliver(channel: ChannelSetting, alert: Delivery): Promise<void> {
  if (channel.kind === 'email') return await mail(channel.server, [...channel.to, ...(alert.to ?? [])], alert)
  const body = JSON.stringify(bodyOf(channel.kind, alert))
  const headers: Record<string, string> = { 'content-type': 'application/json' }
  if (channel.kind === 'webhook') {
    const timestamp = String(Math.floor(Date.now() / 1000))
    headers['x-llmux-delivery'] = alert.id
    headers[timestampHeader] = timestamp
    if (channel.secret) headers[signatureHeader] = sign(channel.secret, timestamp, body)
  }
  const response = await fetch(channel.url, {
    ...{ method: 'POST', headers, body, redirect: 'error' },
    signal: AbortSignal.timeout(timeoutMs),
  })
  await response.body?.cancel()
  if (response.ok) return
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  throw new Refused(response.status, Number.isFinite(seconds) ? seconds * 1000 : undefined)
}

/** Delay before the next try; undefined if it would be in vain. */
export function retryDelay(error: unknown, attempt: number, base: number): number | undefined {
  if (error instanceof Refused) {
    // the URL or the body is wrong: it stays wrong
    if (error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429) return undefined
    if (error.retryAfter !== undefined) return Math.min(error.retryAfter, 60_000)
  }
  return base * 2 ** (attempt - 1)
}

const longestDiscord = 1_900

/** The body in the form of the receiver. */
export function bodyOf(kind: 'slack' | 'teams' | 'discord' | 'webhook', alert: Delivery): object {
  const { type, level, message, at, fields } = alert
  const time = new Date(at).toISOString()
  switch (kind) {
    case 'slack':
      return {
        text: `Alert type: \`${type}\`\nLevel: \`${level}\`\nTimestamp: \`${time.slice(11, 19)}\`\n\nMessage: ${message}`,
      }
    case 'discord':
      return {
        username: 'llmux-gateway',
        content: `**${type}** (${level})\n${bold(message)}`.slice(0, longestDiscord),
        // a text that a client has chosen must not call anyone
        allowed_mentions: { parse: [] },
      }
    case 'teams':
      return {
        type: 'message',
        attachments: [
          {
            contentType: 'application/vnd.microsoft.card.adaptive',
            content: {
              $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
              type: 'AdaptiveCard',
              version: '1.4',
              body: [
                { type: 'TextBlock', size: 'Medium', weight: 'Bolder', text: `${type} (${level})`, wrap: true },
                ...bold(message)
                  .split('\n')
                  .map((text) => ({ type: 'TextBlock', text, wrap: true, spacing: 'Small' })),
              ],
            },
          },
        ],
      }
    case 'webhook':
      return { id: alert.id, event: type, event_group: 'proxy', ...fields, type, level, event_message: message, time }
  }
}

/** Slack writes `*bold*`, Markdown `**bold**`. */
const bold = (text: string) => text.replace(/\*([^*\n]+)\*/g, '**$1**')

async function mail(server: MailServer, to: readonly string[], { type, level, message, at, id }: Delivery) {
  const receivers = [...new Set(to)]
  if (receivers.length === 0) return
  const { createTransport } = await import('nodemailer')
  const { host, port, secure, user, password, requireTls } = server
  const transport = createTransport({
    ...{ host, port, secure, requireTLS: requireTls && !secure },
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    // a body never reads files or URLs
    ...{ disableFileAccess: true, disableUrlAccess: true },
  })
  try {
    await transport.sendMail({
      from: server.from,
      to: receivers.map((address) => ({ name: '', address })),
      subject: `[llmux] ${type} (${level})`,
      text: `${message.replace(/[*`]/g, '')}\n\n${new Date(at).toISOString()}\n`,
      messageId: `<${id}@llmux-gateway>`,
    })
  } finally {
    transport.close()
  }
}
