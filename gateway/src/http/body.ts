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
  async read(request: IncomingMessage): Promise<{ readonly bytes: Buffer; release(): void }> {
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced > this.#perBody) throw this.#tooLarge(announced)
    let size = 0
    const parts: Buffer[] = []
    const release = () => {
      this.#held -= size
      size = 0
    }
    try {
      for await (const part of request as AsyncIterable<Buffer>) {
        size += part.length
        this.#held += part.length
        if (size > this.#perBody) throw this.#tooLarge(size)
        if (this.#held > this.#all) {
          throw refuse('The gateway has too many large requests in flight. Try again later.', {
            status: 503,
            type: 'overloaded_error',
            retryAfterMs: 1000,
            headers: { 'retry-after': '1' },
          })
        }
        parts.push(part)
      }
    } catch (error) {
      release()
      throw error
    }
    return { bytes: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts), release }
  }

  #tooLarge(size: number): Error {
    return refuse(`The body must have at most ${this.#perBody} bytes; got ${size}.`, {
      status: 413,
      type: 'request_too_large',
      headers: { connection: 'close' },
    })
  }
}

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
