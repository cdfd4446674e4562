import { ApiError } from '../api/client.ts'
import { messages as english } from './en/index.ts'
import type { MessageKey, Translate } from './i18n.tsx'

/** Forms of messages about one field, which say more than the type of the error. */
const forms: readonly (readonly [RegExp, MessageKey])[] = [
  [/' must be an integer/, 'error.type.integer'],
  [/' must be a number/, 'error.type.number'],
  [/' must be a duration/, 'error.type.duration'],
  [/' must be a URL/, 'error.type.url'],
  [/ exists\./, 'error.type.conflict'],
  [/ does not exist/, 'error.type.missing'],
]

const types: Readonly<Record<string, MessageKey>> = {
  conflict_error: 'error.type.conflict',
  not_found_error: 'error.type.missing',
  auth_error: 'error.type.auth',
  authentication_error: 'error.type.auth',
  permission_error: 'error.type.auth',
  budget_exceeded: 'error.type.budget',
  insufficient_quota: 'error.type.budget',
  rate_limit_error: 'error.type.rate',
  all_deployments_in_cooldown: 'error.type.unavailable',
  overloaded_error: 'error.type.unavailable',
  service_unavailable_error: 'error.type.unavailable',
  timeout_error: 'error.type.timeout',
  bad_gateway_error: 'error.type.provider',
  internal_server_error: 'error.type.internal',
}

const statuses: Readonly<Record<number, MessageKey>> = {
  401: 'error.type.auth',
  403: 'error.type.auth',
  404: 'error.type.missing',
  409: 'error.type.conflict',
  429: 'error.type.rate',
}

/** An error as a sentence, also if the gateway did not answer. Other languages than English have the gateway's own words below it. */
export function sentenceOf(error: unknown, t: Translate): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error)
  const { status, message, type } = error
  if (status === 0) return t('error.unreachable')
  if (message === '') return t('error.status', { status: String(status) })
  if (t.language === 'en') return message
  const general = status >= 500 ? 'error.type.internal' : 'error.type.invalid'
  const key = forms.find(([form]) => form.test(message))?.[1] ?? types[type ?? ''] ?? statuses[status] ?? general
  return `${t(key)}\n${message}`
}

const known = (key: string): key is MessageKey => Object.hasOwn(english, key)

/** The outcome of a call in words. */
export function outcomeText(outcome: string, t: Translate): string {
  const key = `outcome.${outcome}`
  return known(key) ? t(key) : outcome.replaceAll('_', ' ')
}

const wholeActions: Readonly<Record<string, MessageKey>> = {
  'customer created by a call': 'action.createdByCall',
  'team models changed': 'action.teamModels',
  'signed in': 'action.signedIn',
  'signed out': 'action.signedOut',
}

/** An action of the audit log, such as `key created`. */
export function actionText(action: string, t: Translate): string {
  const whole = wholeActions[action]
  if (whole) return t(whole)
  const words = action.split(' ')
  const verb = `action.${words.pop()}`
  const subject = `action.${words.join('_')}`
  return known(verb) && known(subject) ? t(verb, { subject: t(subject) }) : action
}
