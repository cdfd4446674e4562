import { lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { publicLookup } from './addresses.js'
import type { MediaSource } from './transport.js'

/** Connects to the checked address itself, which rules out DNS rebinding. */
export function createMediaSource(allowPrivate: boolean): MediaSource {
  const dispatcher = new Agent({
    connect: { timeout: 10_000, lookup: allowPrivate ? anyLookup : publicLookup(lookup) },
    connections: 4,
  })
  return {
    async open(url, signal) {
      const headers = { accept: '*/*', 'user-agent': 'llmux' }
      const response = await request(url, { dispatcher, signal, headers })
      const { 'content-type': contentType, location } = response.headers
      return {
        status: response.statusCode,
        contentType: contentType === undefined ? undefined : String(contentType),
        location: typeof location === 'string' ? location : undefined,
        body: response.body,
        discard: () => void response.body.on('error', () => {}).destroy(),
      }
    },
    close: () => void dispatcher.destroy(),
  }
}

const anyLookup: LookupFunction = (hostname, options, callback) => lookup(hostname, options, callback)
