import { systemClock } from '../call/clock.js'
import { callOptions } from '../call/options.js'
import { BadRequestError } from '../errors.js'
import type { Batches, BatchObject, Files } from '../types/batch.js'
import type { CallOptions } from '../types/options.js'
import type { SubmissionNote } from './journal.js'

/** A request on its way. */
export interface Item {
  readonly index: number
  readonly request: object
  readonly key: string
}

/** A batch at a provider, and the requests in it by their position there. */
export interface Submission {
  readonly name: string
  readonly model: string
  readonly options: CallOptions
  readonly items: Map<number, Item>
  /** Number of its requests, those that are not wanted any more included. */
  size: number
  readonly at: number
  id: string | undefined
  /** The last known state. */
  batch: BatchObject | undefined
}

/** The provider's batches and files, as a client has them. */
export interface ProviderApi {
  readonly batches: Batches
  readonly files: Files | undefined
}

/** Options that belong to the account and the connection: requests of one batch have the same. */
const kept = [
  ...(['apiKey', 'apiBase', 'organization', 'project', 'apiVersion', 'region', 'location', 'baseModel'] as const),
  ...(['headers', 'dispatcher', 'fetch', 'timeout', 'maxRetries', 'maxRetryDelay'] as const),
]

export function connectionOf(request: object): CallOptions {
  const given = request as CallOptions
  return Object.fromEntries(kept.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])))
}

/** A request without options of calls and without its model, which the batch has. */
export function paramsOf(request: object): object {
  return Object.fromEntries(
    Object.entries(request).filter(([name]) => name !== 'model' && name !== 'dropParams' && !callOptions.has(name)),
  )
}

export const prefixOf = (model: string): string => model.slice(0, Math.max(0, model.indexOf('/')))

export const newName = (): string =>
  `llmux-${systemClock.wall().toString(36)}${Math.floor(systemClock.random() * 2 ** 40).toString(36)}`

/** Batches of an earlier run that have not been read. */
export function openSubmissions(notes: readonly SubmissionNote[]): Map<string, SubmissionNote> {
  const open = new Map<string, SubmissionNote>()
  for (const note of notes) {
    if (note.over) open.delete(note.name)
    else open.set(note.name, { ...open.get(note.name), ...note })
  }
  return open
}

/** Clocks of the provider and of this machine may differ by this much, in milliseconds. */
const clockError = 10 * 60_000

/**
 * Finds a batch whose id is unknown, because the job ended between the request that made it and its answer. Providers that keep no label are
 * searched by the name of the uploaded file, or else by time and size.
 * @throws {BadRequestError} if several batches may be the one
 */
export async function findSubmission(
  api: ProviderApi,
  { name, model, at, size, options }: Submission,
): Promise<BatchObject | undefined> {
  const provider = prefixOf(model)
  const similar: BatchObject[] = []
  for await (const batch of api.batches.list({ provider, ...options })) {
    if (batch.created_at * 1000 < at - clockError) break
    if (batch.name === name) return batch
    if (batch.name !== undefined) continue
    const { input_file_id: id } = batch
    if (id !== undefined && api.files) {
      const file = await api.files.retrieve({ provider, id }, options).catch(() => undefined)
      if (file?.filename === `${name}.jsonl`) return batch
    } else if (batch.request_counts.total === size) similar.push(batch)
  }
  if (similar.length < 2) return similar[0]
  const ids = similar.map(({ id }) => id).join(', ')
  throw new BadRequestError(
    `The journal has a batch of ${size} requests without an id, and ${similar.length} batches of ${provider} may be it: ${ids}. Cancel those that are not needed, or start with a new journal.`,
    { provider, param: 'journal' },
  )
}
