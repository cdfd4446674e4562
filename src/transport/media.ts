import { ImageFetchError } from '../errors.js'
import { base64, concat, loadTransport } from '../platform/index.js'
import type { Media } from '../types/media.js'
import { isAddress, isPublicAddress, notPublic } from './addresses.js'
import type { MediaResponse, MediaSource } from './transport.js'

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
 * Downloads files for a provider that accepts inline data only.
 * @throws {ImageFetchError} if the download fails, or the file has an unsupported type or is too large
 */
export async function fetchMedia(urls: readonly string[], limits: MediaLimits): Promise<ReadonlyMap<string, Media>> {
  const source = await (await loadTransport()).createMediaSource(limits.allowPrivate)
  try {
    const all = await Promise.all(
      [...new Set(urls)].map(async (url) => [url, await fetchOne(url, source, limits)] as const),
    )
    return new Map(all)
  } finally {
    source.close()
  }
}

async function fetchOne(given: string, source: MediaSource, limits: MediaLimits): Promise<Media> {
  let url = given
  for (let hops = 0; hops <= mostRedirects; hops++) {
    checkAddress(url, given, limits)
    const response = await ask(url, given, source, limits)
    const { status, location } = response
    if (status >= 300 && status < 400 && location !== undefined) {
      response.discard()
      url = new URL(location, url).href
      continue
    }
    if (status !== 200) {
      response.discard()
      throw failed(given, `the server answered ${status}`)
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

async function ask(url: string, given: string, source: MediaSource, { signal }: MediaLimits): Promise<MediaResponse> {
  try {
    return await source.open(url, signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw failed(given, error instanceof Error ? error.message : String(error), error)
  }
}

async function read(response: MediaResponse, given: string, { maxBytes, signal }: MediaLimits): Promise<Media> {
  const type = response.contentType?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (!types.test(type)) {
    response.discard()
    throw failed(given, `it is of type '${type || 'unknown'}', which no model takes`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length
      if (bytes > maxBytes) throw failed(given, `it is larger than maxMediaBytes (${maxBytes})`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof ImageFetchError) throw error
    throw failed(given, error instanceof Error ? error.message : String(error), error)
  }
  return { type, data: base64(concat(chunks, bytes)) }
}

/** Omits the query of a URL, which may contain a signature. */
function failed(url: string, why: string, cause?: unknown): ImageFetchError {
  const shown = URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname}` : url.slice(0, 100)
  return new ImageFetchError(`The provider takes files inline only, and ${shown} could not be fetched: ${why}.`, {
    cause,
  })
}
