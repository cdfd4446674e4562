import { isTeamAdmin, isViewer } from '../keys/key-ring.js'
import { countKeys, findAliases, findKeys, type KeyFilter, mostSorted } from '../keys/key-search.js'
import { badRequest, forbidden } from '../refusal.js'
import type { AdminRequest } from '../types.js'
import type { AdminContext } from './context.js'
import { pageOf, pages, param } from './fields.js'
import { keyRows } from './shapes.js'

export async function listKeys(context: AdminContext, request: AdminRequest) {
  const { principal } = request
  const page = pageOf(request, 'size', 10, 1_000)
  if (!isViewer(principal) && principal.userId === null) {
    throw forbidden("Keys are listed by user, and this key has no 'user_id'.", 'permission_error', 'user_id')
  }
  const filters = {
    user_id: param(request, 'user_id'),
    team_id: param(request, 'team_id'),
    organization_id: param(request, 'organization_id'),
    key_alias: param(request, 'key_alias'),
    token: param(request, 'key_hash'),
  }
  const withTeams = param(request, 'include_team_keys') === 'true'
  const { directory, sql } = context
  const teams = withTeams
    ? [...directory.all('teams')].flatMap(({ team_id }) =>
        isTeamAdmin(directory, principal, team_id) ? [team_id] : [],
      )
    : []
  const filter: KeyFilter = {
    ...filters,
    ...(!isViewer(principal) && { visible: { userId: principal.userId, within: principal.confinedTo, teams } }),
  }
  const by = orders.find((name) => name === param(request, 'sort_by')) ?? 'created_at'
  const total = await countKeys(sql, filter)
  if (by !== 'created_at' && total > mostSorted)
    throw badRequest(
      `'sort_by' must be 'created_at' for more than ${mostSorted} keys; ${total} fit. Add a filter such as 'team_id'.`,
      'sort_by',
    )
  // the sums of the database lack the calls of the last moments
  if (by === 'spend') await context.ledger.flush()
  const rows = await findKeys(directory, sql, filter, {
    by,
    ascending: param(request, 'sort_order') === 'asc',
    limit: page.size,
    offset: (page.page - 1) * page.size,
    total,
  })
  const full = param(request, 'return_full_object') === 'true'
  return {
    keys: full ? await keyRows(context, rows) : rows.map(({ token }) => token),
    total_count: total,
    current_page: page.page,
    total_pages: pages(total, page),
  }
}

const orders = ['created_at', 'updated_at', 'spend', 'max_budget', 'key_alias', 'user_id', 'team_id'] as const

export async function aliases({ sql }: AdminContext, request: AdminRequest) {
  const { principal } = request
  const page = pageOf(request, 'size', 50, 1_000)
  const filter: KeyFilter = {
    search: param(request, 'search'),
    ...(!isViewer(principal) && { visible: { userId: principal.userId, within: principal.confinedTo, teams: [] } }),
  }
  const found = await findAliases(sql, filter, { limit: page.size, offset: (page.page - 1) * page.size })
  const total = await countKeys(sql, { ...filter, withAlias: true, replaced: true })
  return {
    aliases: found,
    total_count: total,
    current_page: page.page,
    total_pages: pages(total, page),
    size: page.size,
  }
}
