import { toHttpError } from '../http-error.js'
import type { ResponsesEvent } from '../types/responses.js'
import { eventCompleter } from './complete-events.js'

type Response = Extract<ResponsesEvent, { response: unknown }>['response']

/** Writes the events of one stream of the Responses API. */
export class ResponsesEventWriter {
  readonly #known: object | undefined
  #response: Response | undefined
  #next = 0
  readonly #complete = eventCompleter()

  /**
   * @param previous id of the response that the request continues, which the provider may not know
   * @param model name of the model, if it is not that of the provider
   */
  constructor(previous: string | undefined, model?: string) {
    if (previous === undefined && model === undefined) return
    this.#known = {
      ...(previous !== undefined && { previous_response_id: previous }),
      ...(model !== undefined && { model }),
    }
  }

  readonly write = (given: ResponsesEvent): string => {
    const event = this.#complete(given)
    this.#next = event.sequence_number + 1
    if (!('response' in event)) return textOf(event)
    this.#response = event.response
    if (this.#known === undefined) return textOf(event)
    const written = { ...event, response: { ...event.response, ...this.#known } }
    this.#response = written.response
    return textOf(written)
  }

  /** The end of a stream that failed. Some clients read only one of the two events. */
  readonly fail = (error: unknown): string => {
    const { message, code, param, type } = toHttpError(error).body.error
    // a code of the API's own: clients try again by it
    const reason = { code: type === 'server_error' || code === null ? type : code, message }
    const failed = this.#response && {
      type: 'response.failed' as const,
      sequence_number: this.#next++,
      response: { ...this.#response, status: 'failed' as const, error: reason },
    }
    // the documented fields, and the object that the API itself sends
    const event = { type: 'error', sequence_number: this.#next++, ...reason, param, error: { type, ...reason, param } }
    return (failed ? textOf(failed as ResponsesEvent) : '') + textOf(event)
  }
}

const textOf = (event: object & { readonly type: string }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
