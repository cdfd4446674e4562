import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dispatcher } from 'undici'
import { type MockProvider, mockProvider } from '../../simulator/index.js'
import { type Client, type ClientOptions, createClient } from '../../src/index.js'
import { picture } from './requests.js'
import { type Arriving, account, type Target } from './targets.js'

/** A client and a simulated provider in the same process. */
export interface Scene {
  readonly target: Target
  readonly client: Client
  readonly mock: MockProvider
  /** The bytes of the answers, as they were written. */
  readonly answers: readonly Recorded[]
}

export interface Recorded {
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly pieces: Buffer[]
}

/** Without an account, the client has no settings at all. */
export function sceneOf(target: Target, options: ClientOptions = account(target)): Scene {
  const mock = mockProvider()
  const answers: Recorded[] = []
  const dispatcher: Pick<Dispatcher, 'dispatch'> = {
    dispatch: (options, handler) =>
      mock.dispatcher.dispatch(
        arriving(options, target),
        recording(handler, (answer) => answers.push(answer)),
      ),
  }
  const client = createClient({ maxRetries: 0, ...options, dispatcher: dispatcher as Dispatcher })
  return { target, client, mock, answers }
}

function arriving(options: Dispatcher.DispatchOptions, { arrives, provider }: Target): Dispatcher.DispatchOptions {
  if (options.method === 'GET' || !options.body || !String(options.body).startsWith('{')) return options
  const { path, body } = arrives(ranked({ path: options.path, body: JSON.parse(String(options.body)) }))
  const quirks = provider.quirks as { streamOptions?: boolean } | undefined
  // hosts without `stream_options` always send usage
  const unasked = quirks?.streamOptions === false && body.stream === true
  return {
    ...options,
    path,
    body: JSON.stringify({ ...body, ...(unasked && { stream_options: { include_usage: true } }) }),
  }
}

const textIn = (query: unknown): unknown =>
  typeof query === 'object' && query !== null && 'text' in query ? query.text : query

/** Rerank uses Cohere's API, or a variant with other names for the parts. */
function ranked(request: Arriving): Arriving {
  const { queries, passages, ...given } = request.body
  const documents = Array.isArray(passages) ? passages.map(({ text }) => text) : given.documents
  if (!documents || !/rerank|\/invoke$|\/inference\//.test(request.path)) return request
  const { top_k: topK, ...body } = given
  const query = Array.isArray(queries) ? queries[0] : textIn(body.query)
  return {
    path: '/v2/rerank',
    body: { model: 'm', ...(topK !== undefined && { top_n: topK }), ...body, query, documents },
  }
}

function recording(handler: Dispatcher.DispatchHandler, keep: (answer: Recorded) => void): Dispatcher.DispatchHandler {
  const pieces: Buffer[] = []
  return {
    onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
    onResponseStart(controller, status, headers, text) {
      keep({ contentType: String(headers['content-type']), headers: headers as Recorded['headers'], pieces })
      handler.onResponseStart?.(controller, status, headers, text)
    },
    onResponseData(controller, chunk) {
      pieces.push(Buffer.from(chunk))
      handler.onResponseData?.(controller, chunk)
    },
    onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
    onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
  }
}

export interface Gallery {
  /** The URL of the picture. */
  readonly url: string
  /** The number of downloads. */
  readonly visits: () => number
  close(): void
}

/** A server with a picture, for providers that require inline images. */
export async function openGallery(): Promise<Gallery> {
  let visits = 0
  const server = createServer((_, response) => {
    visits++
    response.writeHead(200, { 'content-type': 'image/png' }).end(picture)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/circle.png`,
    visits: () => visits,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
