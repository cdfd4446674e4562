import { readAll } from './body.js'
import type { RequestHandler } from './handler.js'
import type { HandlerResponse } from './types.js'

/**
 * The handler as a function from Request to Response.
 * @param local whether the request is made in this process, so that its body needs no limit
 */
export function fetchForm(handler: RequestHandler, local = false): (request: Request) => Promise<Response> {
  return async (request) => {
    const { method, url, signal } = request
    const headers: Record<string, string> = {}
    request.headers.forEach((value, name) => {
      headers[name] = value
    })
    const response = await handler.handle({
      method,
      url: pathOf(url),
      headers,
      // a server reads as many bytes as the header says
      body: () => (local || /^\d+$/.test(headers['content-length'] ?? '') ? whole(request) : parts(request, handler)),
      signal,
    })
    return toResponse(response, signal)
  }
}

/** One call is cheaper than a reader. */
const whole = async (request: Request): Promise<Uint8Array> => new Uint8Array(await request.arrayBuffer())

const parts = async ({ body }: Request, { maxBodyBytes }: RequestHandler): Promise<Uint8Array | string> =>
  body ? readAll(body, maxBodyBytes) : ''

/** The handler in the place of `fetch`, for SDKs that take one: it answers without a server. */
export function localFetch(handler: RequestHandler): typeof fetch {
  const answer = fetchForm(handler, true)
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal } = request
    signal.throwIfAborted()
    const response = await answer(request)
    // an aborted fetch has no response
    if (signal.aborted) {
      await response.body?.cancel()
      throw signal.reason
    }
    return response
  }
}

/** Path and query of a URL. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return '/'
  const end = url.indexOf('#', start)
  return end < 0 ? url.slice(start) : url.slice(start, end)
}

const encoder = new TextEncoder()

function toResponse({ status, headers, body: text, bytes }: HandlerResponse, signal: AbortSignal): Response {
  const body = bytes ?? text
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    return new Response(body as string | Uint8Array<ArrayBuffer> | undefined, { status, headers })
  }
  const parts: AsyncIterator<string | Uint8Array> = body[Symbol.asyncIterator]()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (signal.aborted) controller.error(signal.reason)
      else if (done) controller.close()
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
    },
    async cancel() {
      await parts.return?.()
    },
  })
  return new Response(stream, { status, headers })
}
