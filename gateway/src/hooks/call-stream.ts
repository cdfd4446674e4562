import type { HttpErrorDialect } from 'llmux'
import { refusalOf, refusalResponse } from '../refusal.js'
import { RepeatStage, type Stage } from './stream.js'
import { type Fields, fields, framing, type StreamEvent } from './texts.js'

/** News of a stream of the Responses API, whose answer is stored. */
export interface StreamEnd {
  /** A response with this id has begun. */
  begun(id: string): void
  /**
   * The stream is over.
   * @param response the response if it was changed, undefined if it was not, null if the client must not read it
   */
  over(id: string, response: Fields | undefined | null): void
  /** A stage has ended the stream. */
  refused(error: Error): void
}

/** One stream on its way through its stages, such as those of hooks. A refusal becomes its last event. */
export class CallStream {
  readonly #operation: string
  readonly #dialect: HttpErrorDialect
  readonly #array: boolean
  readonly #stages: readonly Stage[]
  readonly #end: StreamEnd
  readonly #repeat = new RepeatStage()

  constructor(operation: string, dialect: HttpErrorDialect, array: boolean, stages: readonly Stage[], end: StreamEnd) {
    this.#operation = operation
    this.#dialect = dialect
    this.#array = array
    this.#stages = operation === 'responses' ? [...stages, this.#repeat] : stages
    this.#end = end
  }

  async *run(source: AsyncIterable<string>): AsyncIterable<string> {
    const { read, write, fail } = framing(this.#operation, this.#array)
    let id: string | undefined
    let whole = false
    // a text of the source has several events: those in front of a refusal are still sent
    let out = ''
    const keep = (events: readonly StreamEvent[]) => {
      for (const event of events) out += write(event)
    }
    try {
      for await (const part of source) {
        out = ''
        const events = read(part)
        if (this.#operation === 'responses' && id === undefined) {
          id = idOf(events)
          if (id !== undefined) this.#end.begun(id)
        }
        for (const event of events) keep(await this.#push([event], 0))
        if (out !== '') yield out
      }
      out = ''
      for (const [index, stage] of this.#stages.entries()) keep(await this.#push(await stage.end(), index + 1))
      whole = true
      if (out !== '') yield out
    } catch (error) {
      // errors of a provider are events of the source already
      if (!(error instanceof Error) || !refusalOf(error)) throw error
      this.#end.refused(error)
      yield out + fail(this.#failure(error))
    } finally {
      if (id !== undefined)
        this.#end.over(id, whole ? (this.#repeat.changed ? this.#repeat.response : undefined) : null)
    }
  }

  async #push(events: readonly StreamEvent[], first: number): Promise<readonly StreamEvent[]> {
    let passed = events
    for (let index = first; index < this.#stages.length && passed.length > 0; index++)
      passed = (await this.#stages[index]?.push(passed)) ?? passed
    return passed
  }

  #failure(error: Error): Fields[] {
    const details = detailsOf(error)
    const body = refusalBody(error, this.#dialect)
    if (this.#operation !== 'responses') return [body]
    const { message, code, type } = fields(body.error)
    const reason = { code: code === String(details.status) ? type : code, message }
    const { response } = this.#repeat
    const failed = response && {
      type: 'response.failed',
      sequence_number: this.#repeat.next++,
      response: { ...response, status: 'failed', error: reason },
    }
    const event = {
      type: 'error',
      sequence_number: this.#repeat.next++,
      ...reason,
      param: null,
      error: { type, ...reason, param: null },
    }
    return failed ? [failed, event] : [event]
  }
}

const detailsOf = (error: Error) => refusalOf(error) ?? { status: 500, type: 'internal_server_error' }

/** A refusal as the last event of a stream. */
export const refusalBody = (error: Error, dialect: HttpErrorDialect): Fields =>
  fields(refusalResponse(error, detailsOf(error), dialect).body)

function idOf(events: readonly StreamEvent[]): string | undefined {
  for (const { data } of events) {
    const id = fields(data?.response).id
    if (typeof id === 'string') return id
  }
  return undefined
}
