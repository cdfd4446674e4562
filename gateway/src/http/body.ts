import type { IncomingMessage } from 'node:http'
import { badRequest, refuse } from '../refusal.js'

/** Bounds the bytes of all bodies in memory. */
export class BodyReader {
  readonly #perBody: number
  readonly #all: number
  #held = 0

  constructor(perBody: number, all: number) {
    this.#perBody = perBody
    this.#all = all
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held
  }

  /**
   * Reads a body. The bytes count as held until `release()` of the result.
   * @throws a refusal with status 413, or 503 if too many bytes are in flight
   */
  read(request: IncomingMessage): Promise<{ readonly bytes: Buffer; release(): void }> {
    // by events: the iterator of a stream costs ten times as much as the body of a usual call
    return new Promise((resolve, reject) => {
      const announced = Number(request.headers['content-length'] ?? 0)
      if (announced > this.#perBody) return reject(this.#tooLarge(announced))
      let size = 0
      let over = false
      const parts: Buffer[] = []
      const release = () => {
        this.#held -= size
        size = 0
      }
      const fail = (error: Error) => {
        if (over) return
        over = true
        release()
        reject(error)
      }
      request.on('data', (part: Buffer) => {
        // Node reads and discards the rest of a refused body
        if (over) return
        size += part.length
        this.#held += part.length
        if (size > this.#perBody) return fail(this.#tooLarge(size))
        if (this.#held > this.#all) return fail(tooMany())
        parts.push(part)
      })
      request.on('end', () => {
        if (over) return
        over = true
        resolve({ bytes: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), release })
      })
      request.on('error', fail)
      request.on('close', () => {
        // every request closes, and the stack of an error costs as much as the reading of a body
        if (!over) fail(new Error('The client has left before the end of its body.'))
      })
    })
  }

  #tooLarge(size: number): Error {
    return refuse(`The body must have at most ${this.#perBody} bytes; got ${size}.`, {
      status: 413,
      type: 'request_too_large',
      headers: { connection: 'close' },
    })
  }
}

const tooMany = () =>
  refuse('The gateway has too many large requests in flight. Try again later.', {
    status: 503,
    type: 'overloaded_error',
    retryAfterMs: 1000,
    headers: { 'retry-after': '1' },
  })

/** Parses a JSON body of a management route. */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw badRequest(`The body must be valid JSON: ${error instanceof Error ? error.message : error}.`, 'request_body')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest('The body must be a JSON object.', 'request_body')
  return value
}
