import { isTeamAdmin, isViewer } from '../keys/key-ring.js'
import { total } from '../limits/accounts.js'
import { forbidden } from '../refusal.js'
import type { KeyRow } from '../store/rows.js'
import type { AdminRequest } from '../types.js'
import type { AdminContext } from './context.js'
import { cut, pageOf, pages, param } from './fields.js'
import { keyRow } from './shapes.js'

export function listKeys(context: AdminContext, request: AdminRequest) {
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
  const mine = (row: KeyRow) =>
    row.user_id === principal.userId || (withTeams && isTeamAdmin(context.directory, principal, row.team_id))
  const found = [...context.directory.all('keys')]
    .filter((row) => !row.extra.replaced_by && (isViewer(principal) || mine(row)))
    .filter((row) =>
      Object.entries(filters).every(
        ([name, value]) => value === undefined || row[name as keyof typeof filters] === value,
      ),
    )
  const order = sortKey(context, param(request, 'sort_by') ?? 'created_at')
  const sign = param(request, 'sort_order') === 'asc' ? 1 : -1
  found.sort((a, b) => {
    const [left, right] = [order(a), order(b)]
    return left === right ? (a.token < b.token ? -1 : 1) : left < right ? -sign : sign
  })
  const full = param(request, 'return_full_object') === 'true'
  const rows = cut(found, page)
  return {
    keys: full ? rows.map((row) => keyRow(context, row)) : rows.map(({ token }) => token),
    total_count: found.length,
    current_page: page.page,
    total_pages: pages(found.length, page),
  }
}

function sortKey({ book }: AdminContext, name: string): (row: KeyRow) => string | number | bigint {
  switch (name) {
    case 'spend':
      return ({ token }) => book.get(`key:${token}`, total)
    case 'max_budget':
      return ({ max_budget }) => max_budget ?? Number.POSITIVE_INFINITY
    case 'key_alias':
    case 'user_id':
    case 'team_id':
    case 'updated_at':
      return (row) => row[name] ?? ''
    default:
      return ({ created_at }) => created_at
  }
}

export function aliases({ directory }: AdminContext, request: AdminRequest) {
  const { principal } = request
  const page = pageOf(request, 'size', 50, 1_000)
  const search = param(request, 'search')?.toLowerCase()
  const found = [...directory.all('keys')]
    .filter((row) => isViewer(principal) || (row.user_id !== null && row.user_id === principal.userId))
    .flatMap(({ key_alias }) => key_alias ?? [])
    .filter((alias) => search === undefined || alias.toLowerCase().includes(search))
    .sort()
  return {
    aliases: cut(found, page),
    total_count: found.length,
    current_page: page.page,
    total_pages: pages(found.length, page),
    size: page.size,
  }
}
