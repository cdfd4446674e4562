import { dayOf } from '../ledger/ledger.js'
import { Where } from '../ledger/queries.js'
import { badRequest } from '../refusal.js'
import type { AdminRequest } from '../types.js'
import { keyId, param } from './fields.js'

export const dayMs = 86_400_000
export const mostRows = 10_000

/** A day of the query. */
export function day(request: AdminRequest, name: string): string | undefined {
  const at = time(request, name)
  return at === undefined ? undefined : dayOf(at)
}

/** A day, or a time, of the query in milliseconds. */
export function time(request: AdminRequest, name: string): number | undefined {
  const value = param(request, name)
  if (value === undefined) return undefined
  const match = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(value)
  const at = match
    ? Date.parse(hasZone.test(value) ? value : `${value.replace(' ', 'T')}${value.length > 10 ? 'Z' : ''}`)
    : Number.NaN
  if (Number.isNaN(at)) throw badRequest(`'${name}' must be a day such as '2026-11-29'; got '${value}'.`, name)
  return at
}

const hasZone = /(Z|[+-]\d\d:?\d\d)$/

/** Filters that all sums understand. */
export function filters(request: AdminRequest): Where {
  const key = param(request, 'api_key')
  return new Where()
    .and('day >= ?', day(request, 'start_date'))
    .and('day <= ?', day(request, 'end_date'))
    .and('key_hash = ?', key === undefined ? undefined : keyId(key))
    .and('user_id = ?', param(request, 'user_id') ?? param(request, 'internal_user_id'))
    .and('team_id = ?', param(request, 'team_id'))
    .and('customer_id = ?', param(request, 'customer_id') ?? param(request, 'end_user_id'))
    .and('provider = ?', param(request, 'provider'))
    .model(param(request, 'model'))
}

export const tagFilters = (request: AdminRequest): Where => {
  const key = param(request, 'api_key')
  return new Where()
    .and('day >= ?', day(request, 'start_date'))
    .and('day <= ?', day(request, 'end_date'))
    .and('key_hash = ?', key === undefined ? undefined : keyId(key))
    .model(param(request, 'model'))
}

export function limitOf(request: AdminRequest, fallback: number): number {
  const value = param(request, 'limit')
  if (value === undefined) return fallback
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw badRequest(`'limit' must be an integer of 1 or more; got '${value}'.`, 'limit')
  return Math.min(number, mostRows)
}
