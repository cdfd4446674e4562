import type { ErrorKind, Failure } from '../contract.js'

/** Error kinds by status, used when the body is no more specific. */
export const usualStatus: readonly (readonly [number, ErrorKind])[] = [
  [401, 'authentication'],
  [402, 'quota_exceeded'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [408, 'timeout'],
  [422, 'unprocessable_entity'],
  [429, 'rate_limit'],
  [502, 'service_unavailable'],
  [503, 'service_unavailable'],
  [504, 'timeout'],
]

const usual: ReadonlyMap<number, ErrorKind> = new Map(usualStatus)

export const kindOfStatus = (status: number, byStatus: ReadonlyMap<number, ErrorKind> = usual): ErrorKind =>
  byStatus.get(status) ?? (status >= 400 && status < 500 ? 'bad_request' : 'internal_server')

/** The message of an error without one in its body. */
export const plainMessage = ({ status, text }: Pick<Failure, 'status' | 'text'>): string =>
  text.trim().slice(0, 500) || `HTTP status ${status}, without a body`
