import type { LookupFunction } from 'node:net'
import type { FetchFunction } from '../types/fetch.js'
import { publicLookup } from './addresses.js'
import type { MediaResponse, MediaSource } from './transport.js'

/** Modules of Node.js that Bun and Deno have too. Unlike `fetch`, they connect to an address that the caller has checked. */
interface Modules {
  readonly http: typeof import('node:http')
  readonly https: typeof import('node:https')
  readonly dns: typeof import('node:dns')
}

interface Runtime {
  readonly process?: { getBuiltinModule?(name: string): unknown }
  readonly navigator?: { readonly userAgent?: string }
}

function modules(): Modules | undefined {
  const { process, navigator } = globalThis as Runtime
  // workers and browsers reach no private network of a server
  if (navigator?.userAgent === 'Cloudflare-Workers') return undefined
  try {
    const [http, https, dns] = ['node:http', 'node:https', 'node:dns'].map((name) => process?.getBuiltinModule?.(name))
    return http && https && dns ? ({ http, https, dns } as Modules) : undefined
  } catch {
    // Vercel's edge runtime throws for parts of `process` that it lacks
    return undefined
  }
}

const headers = { accept: '*/*', 'user-agent': 'llmux' }

export function createMediaSource(allowPrivate: boolean): MediaSource {
  const found = allowPrivate ? undefined : modules()
  return { open: found ? (url, signal) => openChecked(url, signal, found) : openWithFetch, close: () => {} }
}

function openChecked(url: string, signal: AbortSignal, { http, https, dns }: Modules): Promise<MediaResponse> {
  const { get } = url.startsWith('https:') ? https : http
  const lookup: LookupFunction = publicLookup(dns.lookup)
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, signal, lookup, agent: false }, (response) => {
      resolve({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'],
        location: response.headers.location,
        body: response,
        discard: () => void response.on('error', () => {}).destroy(),
      })
    })
    request.on('error', reject)
  })
}

async function openWithFetch(url: string, signal: AbortSignal): Promise<MediaResponse> {
  const fetch: FetchFunction = (...given) => globalThis.fetch(...given)
  const response = await fetch(url, { method: 'GET', headers: { accept: headers.accept }, redirect: 'manual', signal })
  const named = new Map<string, string>()
  response.headers.forEach((value, name) => void named.set(name.toLowerCase(), value))
  const reader = response.body?.getReader()
  return {
    status: response.status,
    contentType: named.get('content-type'),
    location: named.get('location'),
    body: chunksOf(reader),
    discard: () => void reader?.cancel().catch(() => {}),
  }
}

type Reader = ReturnType<NonNullable<Awaited<ReturnType<FetchFunction>>['body']>['getReader']>

async function* chunksOf(reader: Reader | undefined): AsyncIterable<Uint8Array> {
  try {
    for (;;) {
      const next = await reader?.read()
      if (!next || next.done) return
      if (next.value) yield next.value
    }
  } finally {
    reader?.cancel().catch(() => {})
  }
}
