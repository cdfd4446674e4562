import { lookup } from 'node:dns'
import { Agent, request } from 'undici'
import { ImageFetchError } from '../errors.js'
import type { Media } from '../types/media.js'
import { isAddress, isPublicAddress, type Lookup } from './addresses.js'

export interface MediaLimits {
  /** Maximum size of one file, in bytes. */
  readonly maxBytes: number
  /** Allows downloads from addresses outside of the public internet. */
  readonly allowPrivate: boolean
  readonly signal: AbortSignal
}

const mostRedirects = 3

/** Accepted media types. Text files count as documents; other types are rejected regardless of the file name. */
const types = /^(?:image|audio|video)\/[\w.+-]+$|^application\/(?:pdf|json|xml)$|^text\/[\w.+-]+$/

/**
 * Downloads a file for a provider that accepts inline data only. Connects to the checked address itself, which rules out DNS
 * rebinding.
 * @throws {ImageFetchError} if the download fails, or the file has an unsupported type or is too large
 */
export async function fetchMedia(urls: readonly string[], limits: MediaLimits): Promise<ReadonlyMap<string, Media>> {
  const agent = new Agent({
    connect: { timeout: 10_000, lookup: limits.allowPrivate ? anyLookup : publicLookup },
    connections: 4,
  })
  try {
    const all = await Promise.all(
      [...new Set(urls)].map(async (url) => [url, await fetchOne(url, agent, limits)] as const),
    )
    return new Map(all)
  } finally {
    void agent.destroy()
  }
}

async function fetchOne(given: string, agent: Agent, limits: MediaLimits): Promise<Media> {
  let url = given
  for (let hops = 0; hops <= mostRedirects; hops++) {
    checkAddress(url, given, limits)
    const response = await ask(url, given, agent, limits)
    const { location } = response.headers
    if (response.statusCode >= 300 && response.statusCode < 400 && typeof location === 'string') {
      await response.body.dump()
      url = new URL(location, url).href
      continue
    }
    if (response.statusCode !== 200) {
      await response.body.dump()
      throw failed(given, `the server answered ${response.statusCode}`)
    }
    return read(response, given, limits)
  }
  throw failed(given, `more than ${mostRedirects} redirects`)
}

function checkAddress(url: string, given: string, { allowPrivate }: MediaLimits): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:'))
    throw failed(given, 'it is no http(s) URL')
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  // names are checked in the lookup; IP addresses skip it
  if (!allowPrivate && isAddress(host) && !isPublicAddress(host)) throw failed(given, notPublic(host))
}

async function ask(url: string, given: string, agent: Agent, { signal }: MediaLimits) {
  try {
    return await request(url, { dispatcher: agent, signal, headers: { accept: '*/*', 'user-agent': 'llmux' } })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw failed(given, error instanceof Error ? error.message : String(error), error)
  }
}

type Answer = Awaited<ReturnType<typeof ask>>

async function read({ headers, body }: Answer, given: string, { maxBytes, signal }: MediaLimits): Promise<Media> {
  const type =
    String(headers['content-type'] ?? '')
      .split(';')[0]
      ?.trim()
      .toLowerCase() ?? ''
  if (!types.test(type)) {
    body.on('error', () => {}).destroy()
    throw failed(given, `it is of type '${type || 'unknown'}', which no model takes`)
  }
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > maxBytes) throw failed(given, `it is larger than maxMediaBytes (${maxBytes})`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof ImageFetchError) throw error
    throw failed(given, error instanceof Error ? error.message : String(error), error)
  }
  return { type, data: Buffer.concat(chunks).toString('base64') }
}

const anyLookup: Lookup = (hostname, options, callback) => lookup(hostname, options, callback)

/** Resolves a name and rejects it if any of its addresses is not public. */
const publicLookup: Lookup = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0)
    const bad = addresses.find(({ address }) => !isPublicAddress(address))
    const [first] = addresses
    if (bad || !first) return callback(new Error(notPublic(bad?.address ?? hostname)), '', 0)
    if (options.all) callback(null, addresses)
    else callback(null, first.address, first.family)
  })
}

const notPublic = (address: string) => `${address} is not a public address; allowPrivateMedia: true allows it`

/** Omits the query of a URL, which may contain a signature. */
function failed(url: string, why: string, cause?: unknown): ImageFetchError {
  const shown = URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : url.slice(0, 100)
  return new ImageFetchError(`The provider takes files inline only, and ${shown} could not be fetched: ${why}.`, {
    cause,
  })
}
