import { BadRequestError } from '../../src/errors.js'
import type { BatchStatus } from '../../src/types/batch.js'
import type { HostResult, Json } from './contract.js'
import { count, object } from './fields.js'

/** Common to Gemini's batches and those of Vertex AI. */

const names = {
  UNSPECIFIED: 'in_progress',
  QUEUED: 'validating',
  PENDING: 'validating',
  RUNNING: 'in_progress',
  SUCCEEDED: 'completed',
  PARTIALLY_SUCCEEDED: 'completed',
  FAILED: 'failed',
  CANCELLING: 'cancelling',
  CANCELLED: 'cancelled',
  EXPIRED: 'expired',
} as const satisfies Readonly<Record<string, BatchStatus>>

/** By the names of both. */
export const googleStates: Readonly<Record<string, BatchStatus>> = Object.fromEntries(
  Object.entries(names).flatMap(([name, status]) => [
    [`BATCH_STATE_${name}`, status],
    [`JOB_STATE_${name}`, status],
  ]),
)

/** HTTP statuses of gRPC's codes. https://grpc.io/docs/guides/status-codes */
const httpStatus: Readonly<Record<number, number>> = {
  1: 499,
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  11: 400,
  13: 500,
  14: 503,
  16: 401,
}

/** A failure in Google's form, `{ code, message, status }`. Requests that the batch left out are cancelled or expired. */
export function googleFailure(id: string | undefined, error: Json): HostResult {
  const code = count(error.code) ?? 13
  if (code === 1 || error.status === 'CANCELLED') return { id, notRun: 'cancelled' }
  if (code === 4 || error.status === 'DEADLINE_EXCEEDED') return { id, notRun: 'expired' }
  const status = code >= 100 ? code : (httpStatus[code] ?? 500)
  return { id, failure: { status, body: { error: { ...object(error), code: status } } } }
}

/** A result has one vector, so a request has one text. */
export const oneText = (provider: string): BadRequestError =>
  new BadRequestError("'input' must be one text in a batch of this provider; got several. Make one request for each.", {
    provider,
    param: 'input',
  })

/** The version in a path, unless the base has one. */
export const versionIn = (basePath: string, version: string): string =>
  /\/v\d\w*$/.test(basePath) ? '' : `/${version}`
