import type { IncomingMessage, ServerResponse } from 'node:http'
import { joined } from './body.js'
import { tooLarge } from './errors.js'
import type { RequestHandler } from './handler.js'
import type { HandlerRequest, HandlerResponse } from './types.js'

/** The handler in the form of Node's `http`, which is a middleware of Express as well. */
export function nodeForm(handler: RequestHandler) {
  return (request: IncomingMessage, response: ServerResponse, next?: () => void): void => {
    const { method = 'GET', url = '/', headers } = request
    const left = new AbortController()
    const given: HandlerRequest = {
      method,
      url,
      headers: headers as HandlerRequest['headers'],
      body: bodyOf(request, handler.maxBodyBytes),
      signal: left.signal,
    }
    if (next && handler.isUnknown(given)) return next()
    response.on('close', () => {
      if (!response.writableFinished) left.abort(new Error('The client closed the connection.'))
    })
    // a broken connection is reported by its close
    response.on('error', () => {})
    handler
      .handle(given)
      .then((answer) => write(answer, response))
      .catch(() => response.destroy())
  }
}

/** The body, or what a middleware such as `express.json()` made of it. */
function bodyOf(request: IncomingMessage, limit: number): HandlerRequest['body'] {
  const { body } = request as { body?: unknown }
  if (typeof body === 'string' || (typeof body === 'object' && body !== null)) return body
  return () => readBody(request, limit)
}

function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = []
    let length = 0
    request.on('data', (part: Uint8Array) => {
      length += part.length
      if (length <= limit) return parts.push(part)
      // the rest is read and dropped, so that the client can read the response
      parts.length = 0
      reject(tooLarge(limit))
      return undefined
    })
    request.on('end', () => resolve(joined(parts, length)))
    request.on('error', reject)
    request.on('close', () => {
      // every request is closed in the end, and the stack of an error costs more than the rest of this function
      if (!request.complete) reject(new Error('The client closed the connection before the end of its request.'))
    })
  })
}

async function write(answer: HandlerResponse, response: ServerResponse): Promise<void> {
  const { status, headers } = answer
  const body = answer.bytes ?? answer.body
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) {
    // without writeHead() the response has a content-length
    response.statusCode = status
    for (const name in headers) response.setHeader(name, headers[name] as string)
    response.end(body)
    return
  }
  response.writeHead(status, headers)
  const parts: AsyncIterator<string | Uint8Array> = body[Symbol.asyncIterator]()
  let closed = false
  let resume = () => {}
  response.on('close', () => {
    closed = true
    resume()
    void parts.return?.()
  })
  response.on('drain', () => resume())
  for (;;) {
    const { done, value } = await parts.next()
    if (done || closed) break
    if (!response.write(value)) {
      await new Promise<void>((resolve) => {
        resume = resolve
        if (closed) resolve()
      })
    }
  }
  if (!closed) response.end()
}
