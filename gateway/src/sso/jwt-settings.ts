import { type Checker, isMap, Section } from '../config/checker.js'
import { jwtKeys } from '../config/sso-keys.js'
import type { Role } from '../types.js'

/** Settings of `litellm_jwtauth`, and the address, audience and issuer of the environment. */
export interface JwtSettings {
  readonly urls: readonly string[]
  /** Undefined accepts any. */
  readonly audiences: readonly string[] | undefined
  readonly issuers: readonly string[] | undefined
  /** Milliseconds. */
  readonly ttlMs: number
  readonly adminScope: string
  readonly adminRoutes: readonly string[]
  readonly teamRoutes: readonly string[]
  readonly teamField: string | undefined
  readonly teamsField: string | undefined
  readonly defaultTeam: string | undefined
  readonly upsertTeam: boolean
  readonly enforceTeam: boolean
  readonly organizationField: string | undefined
  readonly userField: string | undefined
  readonly upsertUser: boolean
  readonly joinTeams: boolean
  readonly emailField: string | undefined
  readonly emailDomain: string | undefined
  readonly userRolesField: string | undefined
  readonly allowedRoles: readonly string[] | undefined
  readonly customerField: string | undefined
  readonly rolesField: string | undefined
  readonly roleMappings: readonly { readonly role: string; readonly internalRole: string }[]
  readonly objectField: string | undefined
  readonly enforceRoles: boolean
  readonly scopeMappings: readonly {
    readonly scope: string
    readonly models: readonly string[]
    readonly routes: readonly string[]
  }[]
  readonly enforceScopes: boolean
  readonly roleMap: readonly { readonly from: string; readonly to: Role }[]
  readonly syncRoles: boolean
}

const path = ['general_settings', 'litellm_jwtauth'] as const

/** `enable_jwt_auth` with its settings; undefined if it is off. */
export function readJwt(checker: Checker, general: Section): JwtSettings | undefined {
  const found = checker.section(path, general.map('litellm_jwtauth'), jwtKeys)
  if (general.flag('enable_jwt_auth') !== true) return undefined
  const enabled = ['general_settings', 'enable_jwt_auth']
  const { JWT_PUBLIC_KEY_URL, JWT_AUDIENCE, JWT_ISSUER } = checker.environment
  const urls = names(JWT_PUBLIC_KEY_URL) ?? []
  if (urls.length === 0 || urls.some((url) => !/^https?:\/\//.test(url) || !URL.canParse(url)))
    checker.problem(enabled, 'JWT_PUBLIC_KEY_URL must be the URL of the public keys of the identity provider.')
  if (!JWT_AUDIENCE)
    checker.line(enabled, 'dangerous', 'JWT_AUDIENCE is not set: tokens for other services of the issuer are accepted.')
  if (!JWT_ISSUER) checker.line(enabled, 'dangerous', 'JWT_ISSUER is not set: the issuer of tokens is not checked.')
  return {
    urls,
    audiences: names(JWT_AUDIENCE),
    issuers: names(JWT_ISSUER),
    ttlMs: found.milliseconds('public_key_ttl') ?? 600_000,
    adminScope: found.text('admin_jwt_scope') ?? 'litellm_proxy_admin',
    adminRoutes: routesOf(found.texts('admin_allowed_routes') ?? ['management_routes', 'info_routes']),
    teamRoutes: routesOf(found.texts('team_allowed_routes') ?? ['openai_routes', 'info_routes']),
    teamField: found.text('team_id_jwt_field'),
    teamsField: found.text('team_ids_jwt_field'),
    defaultTeam: found.text('team_id_default'),
    upsertTeam: found.flag('team_id_upsert') === true,
    enforceTeam: found.flag('enforce_team_based_model_access') === true,
    organizationField: found.text('org_id_jwt_field'),
    userField: found.text('user_id_jwt_field'),
    upsertUser: found.flag('user_id_upsert') === true,
    joinTeams: found.flag('upsert_sso_user_to_team') === true || found.flag('sync_user_role_and_teams') === true,
    emailField: found.text('user_email_jwt_field'),
    emailDomain: found.text('user_allowed_email_domain'),
    userRolesField: found.text('user_roles_jwt_field'),
    allowedRoles: found.texts('user_allowed_roles'),
    customerField: found.text('end_user_id_jwt_field'),
    rolesField: found.text('roles_jwt_field'),
    roleMappings: maps(found, 'role_mappings').flatMap((entry) => {
      const role = entry.text('role')
      const internalRole = entry.text('internal_role')
      if (role && internalRole && ['proxy_admin', 'team', 'internal_user'].includes(internalRole))
        return [{ role, internalRole }]
      checker.problem(
        entry.path,
        "A role mapping must have 'role', and 'internal_role': proxy_admin, team or internal_user.",
      )
      return []
    }),
    objectField: found.text('object_id_jwt_field'),
    enforceRoles: found.flag('enforce_rbac') === true,
    scopeMappings: maps(found, 'scope_mappings').flatMap((entry) => {
      const scope = entry.text('scope')
      if (scope) return [{ scope, models: entry.texts('models') ?? [], routes: routesOf(entry.texts('routes') ?? []) }]
      checker.problem(entry.path, "A scope mapping must have 'scope', and 'models' or 'routes'.")
      return []
    }),
    enforceScopes: found.flag('enforce_scope_based_access') === true,
    roleMap: maps(found, 'jwt_litellm_role_map').flatMap((entry) => {
      const from = entry.text('jwt_role')
      const to = roles.find((role) => role === entry.text('litellm_role'))
      if (from && to) return [{ from, to }]
      checker.problem(entry.path, `A role must have 'jwt_role', and 'litellm_role': ${roles.join(', ')}.`)
      return []
    }),
    syncRoles: found.flag('sync_user_role_and_teams') === true,
  }
}

const roles = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer'] as const

const maps = (section: Section, key: string): Section[] =>
  (section.list(key) ?? []).map((entry, index) => new Section([...section.path, key, index], isMap(entry) ? entry : {}))

/** A list with commas. */
export const names = (text: string | undefined): string[] | undefined => {
  const found = (text ?? '').split(',').flatMap((part) => part.trim() || [])
  return found.length > 0 ? found : undefined
}

/** LiteLLM's names of groups of routes in those of `allowed_routes` of keys. */
const routesOf = (routes: readonly string[]) =>
  routes.map((route) => {
    if (route === 'openai_routes') return 'llm_api_routes'
    return route === 'spend_tracking_routes' || route === 'global_spend_tracking_routes' ? 'info_routes' : route
  })
