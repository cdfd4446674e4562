import { readAll } from './body.js'
import type { RequestHandler } from './handler.js'
import type { HandlerRequest, HandlerResponse } from './types.js'

/** The handler as a function from Request to Response. */
export const fetchForm =
  (handler: RequestHandler): ((request: Request) => Promise<Response>) =>
  (request) =>
    answer(handler, request, false)

/**
 * The handler in the place of `fetch`, for SDKs that take one: it answers without a server. A Request costs more than the rest of the way
 * through the handler, so that the usual arguments, an address with a text, make none.
 */
export function localFetch(handler: RequestHandler): typeof fetch {
  return async (input, init) => {
    const plain = init && !(input instanceof Request) ? plainRequest(input, init) : undefined
    if (plain) {
      plain.signal?.throwIfAborted()
      return unlessAborted(toResponse(await handler.handle(plain), plain.signal), plain.signal)
    }
    const request = input instanceof Request && !init && !input.bodyUsed ? input : new Request(input, init)
    const { signal } = request
    signal.throwIfAborted()
    return unlessAborted(await answer(handler, request, true), signal)
  }
}

/** @param local whether the request is made in this process, so that its body needs no limit */
async function answer(handler: RequestHandler, request: Request, local: boolean): Promise<Response> {
  const { method, url, signal } = request
  const headers = recordOf(request.headers)
  // a server reads as many bytes as the header says
  const bounded = local || digits.test(headers['content-length'] ?? '')
  const body = () => (bounded ? whole(request, headers) : parts(request, handler))
  return toResponse(await handler.handle({ method, url: pathOf(url), headers, body, signal }), signal)
}

/** An aborted fetch has no response. */
async function unlessAborted(response: Response, signal: AbortSignal | undefined): Promise<Response> {
  if (!signal?.aborted) return response
  await response.body?.cancel()
  throw signal.reason
}

type PlainRequest = HandlerRequest & { readonly signal: AbortSignal | undefined }

/** The arguments of fetch() if they are an absolute address, and a text or bytes that are no form; else undefined. */
function plainRequest(input: string | URL, init: RequestInit): PlainRequest | undefined {
  const { method = 'GET', body, signal, headers } = init
  if (body !== undefined && body !== null && typeof body !== 'string' && !(body instanceof Uint8Array)) return undefined
  const url = typeof input === 'string' && URL.canParse(input) ? new URL(input) : input
  if (!(url instanceof URL)) return undefined
  const given = recordOf(headers instanceof Headers ? headers : new Headers(headers))
  if (form.test(given['content-type'] ?? '')) return undefined
  return {
    method: method.toUpperCase(),
    url: url.pathname + url.search,
    headers: given,
    body: body ?? undefined,
    signal: signal ?? undefined,
  }
}

function recordOf(given: Headers): Record<string, string> {
  const headers: Record<string, string> = {}
  given.forEach((value, name) => {
    headers[name] = value
  })
  return headers
}

const digits = /^\d+$/
const form = /^multipart\//i

/** One call is cheaper than a reader, and the text cheaper than its bytes. Invalid UTF-8 is replaced then, as by `request.json()`. */
const whole = async (request: Request, headers: Readonly<Record<string, string>>): Promise<Uint8Array | string> =>
  headers['content-encoding'] === undefined && !form.test(headers['content-type'] ?? '')
    ? request.text()
    : new Uint8Array(await request.arrayBuffer())

const parts = async ({ body }: Request, { maxBodyBytes }: RequestHandler): Promise<Uint8Array | string> =>
  body ? readAll(body, maxBodyBytes) : ''

/** Path and query of a URL. */
function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3)
  if (start < 0) return '/'
  const end = url.indexOf('#', start)
  return end < 0 ? url.slice(start) : url.slice(start, end)
}

const encoder = new TextEncoder()

function toResponse(
  { status, headers, body: text, bytes }: HandlerResponse,
  signal: AbortSignal | undefined,
): Response {
  const body = bytes ?? text
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    return new Response(body as string | Uint8Array<ArrayBuffer> | undefined, { status, headers })
  }
  const parts: AsyncIterator<string | Uint8Array> = body[Symbol.asyncIterator]()
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next()
      if (signal?.aborted) controller.error(signal.reason)
      else if (done) controller.close()
      else controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value)
    },
    async cancel() {
      await parts.return?.()
    },
  })
  return new Response(stream, { status, headers })
}
