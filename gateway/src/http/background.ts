import type { Router } from 'llmux'
import type { HandlerResponse } from 'llmux/server'
import type { Booking } from '../ledger/spool.js'
import { toNanos } from '../limits/money.js'
import type { DocumentStore } from '../types.js'
import type { LlmRequest } from './llm-request.js'

/** A background response whose cost is not known yet. */
interface Pending {
  readonly model: string
  readonly booking: Booking
  /** Milliseconds since 1970. */
  readonly since: number
}

interface BackgroundParts {
  readonly documents: DocumentStore
  readonly router: Pick<Router, 'storedResponses'>
  /** Claims a name for some milliseconds. True for one process of all. */
  claim(name: string, ms: number): Promise<boolean>
  /** Replaces the row of a call. Resolves to false if the database does not answer. */
  amend(booking: Booking): Promise<boolean>
  now(): number
}

/** The fields that are read of a response. */
interface Answer {
  readonly status?: string
  readonly usage?: {
    readonly input_tokens?: number
    readonly output_tokens?: number
    readonly input_tokens_details?: { readonly cached_tokens?: number }
    readonly output_tokens_details?: { readonly reasoning_tokens?: number }
  } | null
  readonly meta: { readonly cost?: { readonly total?: number | undefined } }
}

const collection = 'background'
const pollMs = 30_000
/** Hosts keep responses for some hours at least. */
const longestMs = 24 * 3_600_000
const mostPending = 2_000
/** Characters of a stream in which its first event names the response. */
const longestHead = 65_536
const readers: ReadonlySet<string> = new Set(['storedResponse', 'cancelResponse'])
const unfinished: ReadonlySet<unknown> = new Set(['queued', 'in_progress'])

/**
 * Books background responses. They have no usage when they are created, so the row has the estimate of the call until the response is
 * complete: a client has read it, or the gateway finds it so. Then the row and all sums get the real cost, once.
 */
export class BackgroundCalls {
  readonly #parts: BackgroundParts
  readonly #checking = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(parts: BackgroundParts) {
    this.#parts = parts
    this.#timer = setInterval(() => void this.poll().catch(() => {}), pollMs)
    this.#timer.unref()
  }

  /** Notes a response that was created or read. */
  follow({ route, background, admitted }: LlmRequest, { status, body }: HandlerResponse): void {
    if (status !== 200 || typeof body !== 'string' || !route) return
    if (route.id !== undefined) {
      if (readers.has(route.operation) && this.#find(route.id) && !unfinished.has((JSON.parse(body) as Answer).status))
        this.check(route.id).catch(() => {})
      return
    }
    if (!background || !admitted?.booking || admitted.booking.row.costState === 'known') return
    const { id } = JSON.parse(body) as { id?: string }
    if (id) this.#begin(id, admitted.model, admitted.booking).catch(() => {})
  }

  /** Notes the response of a stream whose client leaves: its host goes on with it. */
  async *watch(request: LlmRequest, body: AsyncIterable<string>): AsyncIterable<string> {
    let head = ''
    let id: string | undefined
    try {
      for await (const part of body) {
        if (id === undefined && head.length < longestHead) {
          head += part
          id = /"response"\s*:\s*\{\s*"id"\s*:\s*"([^"]+)"/.exec(head)?.[1]
        }
        yield part
      }
    } finally {
      // the call is booked when its stream is closed
      setImmediate(() => {
        const { admitted } = request
        if (id === undefined || !admitted?.booking || admitted.booking.row.costState === 'known') return
        this.#begin(id, admitted.model, admitted.booking).catch(() => {})
      })
    }
  }

  #find(id: string): Pending | undefined {
    return this.#parts.documents.list(collection).find((one) => one.id === id)?.value as Pending | undefined
  }

  async #begin(id: string, model: string, booking: Booking): Promise<void> {
    const { documents, now } = this.#parts
    if (documents.list(collection).length >= mostPending) return
    const pending: Pending = { model, booking, since: now() }
    await documents.put(collection, id, pending, 'gateway')
  }

  /** Asks for the responses that are not complete: in one process of all. */
  async poll(): Promise<void> {
    const all = this.#parts.documents.list(collection)
    if (all.length === 0 || !(await this.#parts.claim('background responses', pollMs - 1_000))) return
    for (const { id } of all) await this.check(id)
  }

  /** Books a response if it is complete. */
  async check(id: string): Promise<void> {
    const { documents, router, amend, now } = this.#parts
    const pending = this.#find(id)
    if (!pending || this.#checking.has(id)) return
    this.#checking.add(id)
    try {
      const { model, booking, since } = pending
      const answer = await router.storedResponses.retrieve({ model, response_id: id }).then(
        (found) => found as unknown as Answer,
        () => undefined,
      )
      const isOver = answer !== undefined && !unfinished.has(answer.status)
      if (!isOver && now() - since < longestMs) return
      const amended = answer && isOver ? amendedBy(booking, answer, now()) : undefined
      if (amended && !(await amend(amended))) return
      await documents.remove(collection, id, 'gateway')
    } finally {
      this.#checking.delete(id)
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

/** The row with the real usage; undefined if the host counts none, such as for a response that was cancelled. */
function amendedBy({ row, spend }: Booking, { usage, meta }: Answer, now: number): Booking | undefined {
  const dollars = meta.cost?.total
  if (!usage || dollars === undefined) return undefined
  const { input_tokens_details: input, output_tokens_details: output } = usage
  return {
    row: {
      ...row,
      durationMs: Math.max(0, Math.round(now - row.startedAt)),
      inputTokens: usage.input_tokens ?? 0,
      outputTokens: usage.output_tokens ?? 0,
      cachedTokens: input?.cached_tokens ?? 0,
      reasoningTokens: output?.reasoning_tokens ?? null,
      nanos: toNanos(dollars),
      costState: 'known',
      detail: { ...row.detail, usage: usage as Record<string, unknown>, cost: { ...meta.cost } },
    },
    spend,
  }
}
