import { lifeMs } from '../limits/durations.js'
import { isZone } from '../limits/zones.js'
import type { ControlSettings, KeyGeneration } from '../types.js'
import { type Checker, isMap, type Section, show } from './checker.js'

/** Settings of keys, budgets, limits and the ledger. */
export function readControl(checker: Checker, general: Section, litellm: Section, own: Section): ControlSettings {
  const retention = general.text('maximum_spend_logs_retention_period')
  if (retention !== undefined && lifeMs(retention) === undefined)
    checker.problem(
      ['general_settings', 'maximum_spend_logs_retention_period'],
      `'general_settings.maximum_spend_logs_retention_period' must be a duration such as '30d'; got '${retention}'.`,
    )
  const status = litellm.number('budget_exceeded_status_code')
  if (status !== undefined && (status < 400 || status > 499))
    checker.problem(
      ['litellm_settings', 'budget_exceeded_status_code'],
      `'litellm_settings.budget_exceeded_status_code' must be a status from 400 to 499; got ${status}.`,
    )
  return {
    budgetExceededStatus: status,
    unknownPrice: oneOf(checker, own, 'unknown_price', ['refuse', 'estimate', 'allow']),
    budgetMode: oneOf(checker, own, 'budget_mode', ['expected', 'strict', 'clamp']),
    overBudget: oneOf(checker, own, 'over_budget', ['refuse', 'downgrade', 'alert']),
    budgetFallbacks: own.map('budget_fallbacks'),
    gatewayLimits: gatewayLimits(checker, own),
    limitWaitMs: own.milliseconds('limit_wait'),
    durability: oneOf(checker, own, 'durability', ['local', 'shared']),
    timezone: timezone(checker, litellm),
    maxBudget: litellm.number('max_budget'),
    budgetDuration: litellm.text('budget_duration'),
    maxEndUserBudget: litellm.number('max_end_user_budget'),
    endUserBudgetId: litellm.text('max_end_user_budget_id'),
    keyGeneration: readKeyGeneration(checker, litellm),
    userBudgetOnTeamKeys: general.flag('apply_user_budget_to_team_keys'),
    rejectClientTags: general.flag('reject_clientside_metadata_tags'),
    maxCustomers: own.number('max_customers'),
    defaultKeyParams: litellm.map('default_key_generate_params'),
    upperboundKeyParams: litellm.map('upperbound_key_generate_params'),
    defaultTeamParams: litellm.map('default_team_params'),
    defaultUserParams: userDefaults(litellm),
    keepResponsesMs: readRetention(checker, own, 'response_retention'),
    passUnknownResponses: oneOf(checker, own, 'unknown_response_ids', ['refuse', 'pass']) === 'pass',
    customKeys: general.flag('disable_custom_api_keys') === true ? false : own.flag('custom_keys'),
    contents: readContents(checker, general, litellm, own),
    retention,
  }
}

/** `key_generation_settings`: which people make keys, and what they must say. */
function readKeyGeneration(checker: Checker, litellm: Section): KeyGeneration | undefined {
  const given = litellm.map('key_generation_settings')
  if (!given) return undefined
  const part = (kind: string, rolesName: string) => {
    const path = [...litellm.path, 'key_generation_settings', kind]
    const rules = given[kind] ?? {}
    const texts = (name: string): readonly string[] | undefined => {
      const value = isMap(rules) ? rules[name] : null
      if (value === undefined || (Array.isArray(value) && value.every((entry) => typeof entry === 'string')))
        return value as readonly string[] | undefined
      checker.problem(path, `'${[...path, name].join('.')}' must be a list of texts; got ${show(value)}.`)
      return []
    }
    return { roles: texts(rolesName), required: texts('required_params') ?? [] }
  }
  return {
    personal: part('personal_key_generation', 'allowed_user_roles'),
    team: part('team_key_generation', 'allowed_team_member_roles'),
  }
}

/** Limits of all calls together, in the names of the management routes. */
function gatewayLimits(checker: Checker, own: Section): Readonly<Record<string, unknown>> | undefined {
  const given = own.map('limits')
  if (!given) return undefined
  const path = [...own.path, 'limits']
  for (const [name, value] of Object.entries(given)) {
    const fits = gatewayLimitKinds[name]
    if (fits === undefined) checker.line([...path, name], 'ignored', 'Unknown limit.')
    else if (!fits(value))
      checker.problem([...path, name], `'${[...path, name].join('.')}' is invalid; got ${show(value)}.`)
  }
  return given
}

const isAmount = (value: unknown) => typeof value === 'number' && value >= 0
const gatewayLimitKinds: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...Object.fromEntries(
    ['rpm_limit', 'tpm_limit', 'itpm_limit', 'otpm_limit', 'max_parallel_requests', 'monthly_request_limit'].map(
      (name) => [name, isAmount],
    ),
  ),
  soft_budget: isAmount,
  budget_limits: Array.isArray,
  model_max_budget: isMap,
  model_rpm_limit: isMap,
  model_tpm_limit: isMap,
}

function timezone(checker: Checker, litellm: Section): string | undefined {
  const name = litellm.text('timezone')
  if (name === undefined || isZone(name)) return name === 'UTC' ? undefined : name
  checker.problem(
    ['litellm_settings', 'timezone'],
    `'litellm_settings.timezone' must be a name such as 'Europe/Berlin'; got ${show(name)}.`,
  )
  return undefined
}

/** Prompts and answers are only stored if the configuration asks for it, and not if content is kept out of logs. */
function readContents(checker: Checker, general: Section, litellm: Section, own: Section) {
  const keepMs = readRetention(checker, own, 'content_retention')
  const masks = (own.texts('content_masks') ?? []).flatMap((text, index) => {
    try {
      return [new RegExp(text, 'g')]
    } catch {
      checker.problem(
        ['llmux_settings', 'content_masks', index],
        `'llmux_settings.content_masks' must be regular expressions; got ${show(text)}.`,
      )
      return []
    }
  })
  if (general.flag('store_prompts_in_spend_logs') !== true || litellm.flag('turn_off_message_logging') === true)
    return undefined
  return { keepMs, masks }
}

/** A duration in milliseconds. */
function readRetention(checker: Checker, own: Section, key: string): number {
  const kept = own.text(key) ?? '30d'
  const ms = lifeMs(kept)
  if (ms === undefined)
    checker.problem(['llmux_settings', key], `'llmux_settings.${key}' must be a duration such as '30d'; got '${kept}'.`)
  return ms ?? 0
}

function userDefaults(litellm: Section) {
  const max_budget = litellm.number('max_internal_user_budget')
  const budget_duration = litellm.text('internal_user_budget_duration')
  const all = {
    ...(max_budget !== undefined && { max_budget }),
    ...(budget_duration !== undefined && { budget_duration }),
    ...litellm.map('default_internal_user_params'),
  }
  return Object.keys(all).length > 0 ? all : undefined
}

/** One of a few words. */
export function oneOf<const Value extends string>(
  checker: Checker,
  section: Section,
  key: string,
  values: readonly Value[],
): Value | undefined {
  const given = section.text(key)
  if (given === undefined) return undefined
  const found = values.find((value) => value === given)
  if (!found)
    checker.problem(
      [...section.path, key],
      `'${section.path.join('.')}.${key}' must be one of ${values.join(', ')}; got ${show(given)}.`,
    )
  return found
}
