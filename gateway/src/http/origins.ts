import type { IncomingMessage } from 'node:http'
import addresses from 'ipaddr.js'
import type { Settings } from '../config/settings.js'
import { forbidden } from '../refusal.js'
import type { GatewayResponse, OpenRequest } from './response.js'

/** Methods of all routes. */
export const allMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'] as const

export function preflight({ corsOrigins }: Settings, { headers }: OpenRequest): GatewayResponse {
  return {
    status: 204,
    headers: {
      ...originHeaders(corsOrigins, headers.origin),
      'access-control-allow-methods': allMethods.join(', '),
      'access-control-allow-headers': headers['access-control-request-headers'] ?? '*, authorization',
      'access-control-max-age': '600',
    },
    body: undefined,
  }
}

export function originHeaders(origins: readonly string[], origin: string | undefined): Record<string, string> {
  if (origins.includes('*')) return { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*' }
  if (origin === undefined || !origins.includes(origin)) return {}
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': '*', vary: 'origin' }
}

/** `allowed_hosts`: a page that points its own name at this server (DNS rebinding) is refused. */
export function checkHost({ allowedHosts }: Settings, request: IncomingMessage): void {
  if (!allowedHosts) return
  const host = (request.headers.host ?? '').toLowerCase().replace(/:\d+$/, '')
  if (!allowedHosts.includes(host)) {
    throw forbidden(
      `The host must be one of llmux_settings.allowed_hosts; got '${host.slice(0, 100)}'.`,
      'permission_error',
    )
  }
}

/** `allowed_ips`. */
export function checkAddress({ allowedIps, trustForwardedFor }: Settings, request: IncomingMessage): void {
  if (!allowedIps) return
  const forwarded = trustForwardedFor
    ? String(request.headers['x-forwarded-for'] ?? '')
        .split(',')[0]
        ?.trim()
    : ''
  const text = forwarded || request.socket.remoteAddress || ''
  let allowed = false
  try {
    const address = addresses.process(text)
    allowed = allowedIps.some((entry) => {
      if (!entry.includes('/')) return addresses.process(entry).toNormalizedString() === address.toNormalizedString()
      const range = addresses.parseCIDR(entry)
      return range[0].kind() === address.kind() && address.match(range)
    })
  } catch {
    allowed = false
  }
  if (!allowed) throw forbidden(`The address ${text || 'of the client'} may not call this gateway.`, 'permission_error')
}
