import { type Checker, isMap, Section } from '../config/checker.js'
import { lifeMs } from '../limits/durations.js'
import type { Role } from '../types.js'
import { names } from './jwt-settings.js'

/** Sign-in with an OpenID provider, in LiteLLM's environment variables. Fields are names of claims, or paths. */
export interface SignInSettings {
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** Its discovery document names everything else. */
  readonly issuer: string | undefined
  readonly authorizationEndpoint: string | undefined
  readonly tokenEndpoint: string | undefined
  readonly userinfoEndpoint: string | undefined
  readonly scope: string
  /** Public address of the gateway, without a slash at the end. */
  readonly baseUrl: string | undefined
  readonly logoutUrl: string | undefined
  readonly sessionMs: number
  readonly idField: string
  readonly emailField: string
  readonly nameField: string
  readonly firstNameField: string
  readonly lastNameField: string
  readonly roleField: string
  readonly groupsField: string
  /** Groups by role, strongest role first. Empty without a mapping. */
  readonly roleGroups: readonly (readonly [role: Role, groups: readonly string[]])[]
  readonly defaultRole: Role | undefined
  readonly teamsField: string | undefined
  readonly upsertTeam: boolean
  /** Id of the user that is always an admin. */
  readonly adminId: string | undefined
  readonly emailDomains: readonly string[] | undefined
}

/** Strongest first. */
export const roles = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const

const place = ['general_settings']

/** Reads the environment; undefined without `GENERIC_CLIENT_ID`. */
export function readSignIn(checker: Checker, general: Section): SignInSettings | undefined {
  const { environment } = checker
  const text = (name: string) => environment[name] || undefined
  const clientId = text('GENERIC_CLIENT_ID')
  if (clientId === undefined) return undefined
  const url = (name: string) => {
    const value = text(name)
    if (value !== undefined && !(URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)))
      checker.problem(place, `The environment variable ${name} must be a URL.`)
    return value
  }
  const issuer = url('GENERIC_ISSUER')
  const authorizationEndpoint = url('GENERIC_AUTHORIZATION_ENDPOINT')
  const tokenEndpoint = url('GENERIC_TOKEN_ENDPOINT')
  const userinfoEndpoint = url('GENERIC_USERINFO_ENDPOINT')
  if (!issuer && !(authorizationEndpoint && tokenEndpoint && userinfoEndpoint)) {
    checker.problem(
      place,
      'GENERIC_CLIENT_ID needs GENERIC_ISSUER, or GENERIC_AUTHORIZATION_ENDPOINT, GENERIC_TOKEN_ENDPOINT and GENERIC_USERINFO_ENDPOINT.',
    )
  }
  const jwt = new Section([...place, 'litellm_jwtauth'], general.map('litellm_jwtauth') ?? {})
  const mapping = readMapping(checker, text('GENERIC_ROLE_MAPPINGS_ROLES') ?? text('GENERIC_USER_ROLE_MAPPINGS'))
  const session = text('LITELLM_UI_SESSION_DURATION') ?? '24h'
  const sessionMs = lifeMs(session)
  if (sessionMs === undefined)
    checker.problem(place, `LITELLM_UI_SESSION_DURATION must be a duration such as '8h'; got '${session}'.`)
  return {
    clientId,
    clientSecret: text('GENERIC_CLIENT_SECRET'),
    issuer,
    authorizationEndpoint,
    tokenEndpoint,
    userinfoEndpoint,
    scope: text('GENERIC_SCOPE') ?? 'openid email profile',
    baseUrl: url('PROXY_BASE_URL')?.replace(/\/+$/, ''),
    logoutUrl: url('PROXY_LOGOUT_URL'),
    sessionMs: sessionMs ?? 0,
    idField: text('GENERIC_USER_ID_ATTRIBUTE') ?? 'preferred_username',
    emailField: text('GENERIC_USER_EMAIL_ATTRIBUTE') ?? 'email',
    nameField: text('GENERIC_USER_DISPLAY_NAME_ATTRIBUTE') ?? 'name',
    firstNameField: text('GENERIC_USER_FIRST_NAME_ATTRIBUTE') ?? 'first_name',
    lastNameField: text('GENERIC_USER_LAST_NAME_ATTRIBUTE') ?? 'last_name',
    roleField: text('GENERIC_USER_ROLE_ATTRIBUTE') ?? 'role',
    groupsField: text('GENERIC_ROLE_MAPPINGS_GROUP_CLAIM') ?? 'groups',
    roleGroups: mapping,
    defaultRole: roles.find((role) => role === text('GENERIC_ROLE_MAPPINGS_DEFAULT_ROLE')),
    teamsField: jwt.text('team_ids_jwt_field'),
    upsertTeam: jwt.flag('team_id_upsert') === true,
    adminId: text('PROXY_ADMIN_ID'),
    emailDomains: names(environment.ALLOWED_EMAIL_DOMAINS)?.map((domain) => domain.toLowerCase()),
  }
}

/** Groups by role, as JSON or with the single quotes of Python. */
function readMapping(checker: Checker, given: string | undefined): SignInSettings['roleGroups'] {
  if (given === undefined) return []
  let value: unknown
  try {
    value = JSON.parse(given.includes('"') ? given : given.replaceAll("'", '"'))
  } catch {}
  if (!isMap(value) || Object.keys(value).some((name) => !roles.some((role) => role === name))) {
    checker.problem(
      place,
      `GENERIC_ROLE_MAPPINGS_ROLES must be a JSON object of roles and lists of groups. Roles are ${roles.join(', ')}.`,
    )
    return []
  }
  const found = value
  return roles.flatMap((role) => {
    const groups = found[role]
    return Array.isArray(groups) ? [[role, groups.map(String)] as const] : []
  })
}
