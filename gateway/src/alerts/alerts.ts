import type { AlertSettings } from '../config/settings.js'

/** Types of alerts, as LiteLLM names them. */
export type AlertType =
  | 'llm_exceptions'
  | 'llm_too_slow'
  | 'budget_alerts'
  | 'new_model_added'
  | 'cooldown_deployment'
  | 'db_exceptions'

export interface Alert {
  readonly type: AlertType
  readonly level: 'Low' | 'Medium' | 'High'
  readonly message: string
  /** Alerts of one subject are sent once in a while. @default the message */
  readonly subject?: string
}

/** Milliseconds between two alerts of one subject. */
const quietMs = 60_000
/** Most alerts that wait or are remembered. */
const most = 1_000

/** Names of types in configurations that mean another one. */
const synonyms: Readonly<Record<string, readonly AlertType[]>> = {
  failed_tracking: ['db_exceptions'],
  failed_tracking_spend: ['db_exceptions'],
  outage_alerts: ['llm_exceptions'],
  llm_requests_hanging: ['llm_too_slow'],
}

/** Posts alerts to webhooks in Slack's form, in the background. A webhook that fails is tried three times. */
export class Alerts {
  readonly #sent = new Map<string, number>()
  readonly #open = new Set<Promise<void>>()
  #settings: AlertSettings | undefined

  constructor(settings: AlertSettings | undefined) {
    this.#settings = settings
  }

  configure(settings: AlertSettings | undefined): void {
    this.#settings = settings
  }

  /** Milliseconds after which an answer is slow. */
  get slowMs(): number {
    return this.#settings?.slowMs ?? Number.POSITIVE_INFINITY
  }

  send(alert: Alert): void {
    const settings = this.#settings
    if (!settings || !isWanted(alert.type, settings.types)) return
    const urls = settings.urls[alert.type] ?? (settings.slackUrl ? [settings.slackUrl] : [])
    if (urls.length === 0 || this.#open.size >= most) return
    const key = `${alert.type} ${alert.subject ?? alert.message}`
    const now = Date.now()
    const last = this.#sent.get(key)
    if (last !== undefined && now - last < (alert.type === 'budget_alerts' ? settings.budgetTtl : quietMs)) return
    this.#sent.delete(key)
    this.#sent.set(key, now)
    for (const oldest of this.#sent.keys()) {
      if (this.#sent.size <= most) break
      this.#sent.delete(oldest)
    }
    const time = new Date(now).toISOString().slice(11, 19)
    const text = `Alert type: \`${alert.type}\`\nLevel: \`${alert.level}\`\nTimestamp: \`${time}\`\n\nMessage: ${alert.message}`
    for (const url of urls) {
      const sending = post(url, text).finally(() => this.#open.delete(sending))
      this.#open.add(sending)
    }
  }

  /** Waits for alerts that are being sent, at most for a moment. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const moment = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 2_000)
    })
    await Promise.race([Promise.allSettled(this.#open), moment])
    clearTimeout(timer)
  }
}

function isWanted(type: AlertType, types: readonly string[] | undefined): boolean {
  // lists of types are written for LiteLLM's names; new models are always news
  return types === undefined || types.some((name) => name === type || synonyms[name]?.includes(type))
}

async function post(url: string, text: string): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
        redirect: 'error',
        signal: AbortSignal.timeout(10_000),
      })
      await response.body?.cancel()
      if (response.ok) return
    } catch {
      // an unreachable webhook must not disturb calls
    }
    if (attempt < 3) await new Promise((resolve) => setTimeout(resolve, attempt * 1_000).unref())
  }
}
