/** Types of alerts, as LiteLLM names them. */
export type AlertType =
  | 'llm_exceptions'
  | 'llm_too_slow'
  | 'llm_requests_hanging'
  | 'outage_alerts'
  | 'budget_alerts'
  | 'cooldown_deployment'
  | 'new_model_added'
  | 'db_exceptions'
  | 'failed_tracking_spend'
  | 'spend_reports'
  | 'daily_reports'
  | QuietType

/** Types that are only sent if `alert_types` names them. */
export const quietTypes = [
  ...(['new_virtual_key_created', 'virtual_key_updated', 'virtual_key_deleted'] as const),
  ...(['new_team_created', 'team_updated', 'team_deleted'] as const),
  ...(['new_internal_user_created', 'internal_user_updated', 'internal_user_deleted'] as const),
] as const
export type QuietType = (typeof quietTypes)[number]

export interface Alert {
  readonly type: AlertType
  readonly level: 'Low' | 'Medium' | 'High'
  readonly message: string
  /** Alerts of one subject are sent once in a while. @default the message */
  readonly subject?: string
  /** Milliseconds between two alerts of the subject. @default that of the type */
  readonly quietMs?: number
  /** Fields of a webhook, in LiteLLM's names. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** Further receivers of the e-mail, such as the owner of a budget. */
  readonly to?: readonly string[]
}

/** An alert on its way, the same for all channels. */
export interface Delivery extends Alert {
  /** Unique, for receivers that must not act twice. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Claims a name for a while. True for one caller among all processes. */
export type Claim = (name: string, ms: number) => Promise<boolean>
