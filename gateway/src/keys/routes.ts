import { forbidden, unauthorized } from '../refusal.js'
import type { Principal, Role } from '../types.js'

/** Kinds of routes, as `allowed_routes` names them. */
type RouteGroup = 'llm_api_routes' | 'info_routes' | 'management_routes'

const all: readonly Role[] = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer', 'service']
const people: readonly Role[] = ['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']
const users: readonly Role[] = ['proxy_admin', 'internal_user']
const viewers: readonly Role[] = ['proxy_admin', 'proxy_admin_viewer']
const admins: readonly Role[] = ['proxy_admin']

const management =
  /^(\/v[12])?\/(key|team|user|customer|end_user|budget|tag|organization|model|spend|global|audit|config|cache|credentials|router)(\/|$)/

interface Rule {
  readonly path: RegExp
  readonly method?: string
  readonly group: RouteGroup
  readonly roles: readonly Role[]
}

/**
 * Which roles may call which route; the first rule that fits decides. A route without a rule is for admins: nothing is open by
 * accident. Handlers narrow further to the caller's own rows.
 */
const rules: readonly Rule[] = [
  // models
  { path: /^(\/v1(beta)?)?\/models(\/|$)/, group: 'llm_api_routes', roles: all },
  { path: /^(\/v[12])?\/model\/info$/, group: 'info_routes', roles: all },
  { path: /^\/model_group\/info$/, group: 'info_routes', roles: all },
  // keys
  { path: /^\/(v2\/)?key\/(info|health|list|aliases)$/, group: 'info_routes', roles: all },
  { path: /^\/key\/(generate|update|delete|regenerate|block|unblock)$/, group: 'management_routes', roles: users },
  { path: /^\/key\/[^/]+\/regenerate$/, group: 'management_routes', roles: users },
  // the caller's own user, teams and spend
  { path: /^\/(v2\/)?user\/info$/, group: 'info_routes', roles: all },
  { path: /^\/(v2\/)?team\/(info|list)$/, group: 'info_routes', roles: all },
  { path: /^\/(user|team|customer|tag)\/daily\/activity/, group: 'info_routes', roles: people },
  {
    path: /^\/team\/(update|member_add|member_update|member_delete|bulk_member_add)$/,
    group: 'management_routes',
    roles: users,
  },
  { path: /^\/spend\/(logs|logs\/v2|logs\/ui(\/[^/]+)?|usage|latency|calculate)$/, group: 'info_routes', roles: all },
  { path: /^\/budget\/(info|list|settings)$/, group: 'info_routes', roles: viewers },
  { path: /^\/organization\/info$/, group: 'info_routes', roles: viewers },
  { path: /^\/utils\//, group: 'info_routes', roles: all },
  // the dashboard: its tests and changes are for admins
  { path: /^\/dashboard\/(deployments|settings)$/, method: 'GET', group: 'info_routes', roles: viewers },
  // operation
  // sends a request to every deployment
  { path: /^\/health$/, group: 'info_routes', roles: viewers },
  { path: /^\/health\//, group: 'info_routes', roles: all },
  { path: /^\/cache\/ping$/, group: 'info_routes', roles: viewers },
  { path: /^\/metrics/, group: 'info_routes', roles: viewers },
  // management: reads for viewers, changes for admins
  {
    path: management,
    method: 'GET',
    group: 'management_routes',
    roles: viewers,
  },
  {
    path: management,
    group: 'management_routes',
    roles: admins,
  },
]

const llmPath =
  /\/(chat\/completions|completions|embeddings|responses|messages|moderations|decisions|rerank|audio|images|files|batches|realtime)(\/|$)|:(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents)$|^\/(openai|anthropic|gemini|vertex_ai|bedrock|azure|cohere|mistral)\//

/** Rules of the paths of model calls, which are few: a path is tried on twenty patterns. */
const known = new Map<string, Pick<Rule, 'group' | 'roles'>>()
const mostKnown = 200

/** The kind of a route, and the roles that may call it. */
export function ruleOf(method: string, path: string): Pick<Rule, 'group' | 'roles'> {
  const name = `${method} ${path}`
  let rule = known.get(name)
  if (!rule) {
    rule = findRule(method, path)
    if (known.size < mostKnown && path.length <= 64) known.set(name, rule)
  }
  return rule
}

function findRule(method: string, path: string): Pick<Rule, 'group' | 'roles'> {
  const found = rules.find((rule) => (!rule.method || rule.method === method) && rule.path.test(path))
  if (found) return found
  if (llmPath.test(path)) return { group: 'llm_api_routes', roles: all }
  return { group: 'management_routes', roles: admins }
}

/**
 * Checks a route by role, and by `allowed_routes` of the key.
 * @throws a refusal with status 401 or 403
 */
export function authorizeRoute(principal: Principal, method: string, path: string): void {
  const { role, key } = principal
  const { group, roles } = ruleOf(method, path)
  const allowed = key?.allowed_routes ?? []
  if (allowed.length > 0 && !allowed.some((entry) => entry === group || matchesPath(entry, path))) {
    throw forbidden(`The key may not call ${path}. Its routes are ${allowed.join(', ')}.`, 'permission_error', 'route')
  }
  if (roles.includes(role)) return
  throw unauthorized(`${method} ${path} is for the roles ${roles.join(', ')}; ${callerText(principal, roles)}.`)
}

function callerText({ role, userId, user, confinedTo }: Principal, roles: readonly Role[]): string {
  if (role === 'service') return 'the key belongs to no user'
  const own = user?.user_role
  if (confinedTo !== undefined && roles.some((name) => name === own))
    return `the key is of the team ${confinedTo} and has its user's rights within that team alone. Use a key of ${userId} without a team`
  return `the role of user ${userId} is ${role}`
}

/** Further names of kinds of routes, as LiteLLM has them. */
const namedRoutes: Readonly<Record<string, RegExp>> = {
  all_routes: /^/,
  openai_routes: llmPath,
  anthropic_routes: /^(\/v1)?\/messages(\/|$)/,
  google_routes: /^\/v1beta\//,
  mapped_pass_through_routes: /^\/(openai|anthropic|gemini|vertex_ai|bedrock|azure|azure_ai|cohere|mistral)\//,
  spend_tracking_routes: /^(\/global)?\/spend\//,
}

function matchesPath(entry: string, path: string): boolean {
  if (entry === path || (Object.hasOwn(namedRoutes, entry) && namedRoutes[entry]?.test(path))) return true
  return entry.endsWith('*') && entry.startsWith('/') && path.startsWith(entry.slice(0, -1))
}
