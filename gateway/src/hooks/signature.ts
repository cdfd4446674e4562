import { createHmac, timingSafeEqual } from 'node:crypto'

/** Header with the time of a webhook's request, in seconds since 1970. */
export const timestampHeader = 'x-llmux-timestamp'
/** Header with `v1=` and the signature in hex. */
export const signatureHeader = 'x-llmux-signature'

/** HMAC-SHA256 over the time, a dot and the body. */
export const sign = (secret: string, timestamp: string, body: string | Uint8Array): string =>
  `v1=${createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest('hex')}`

/** A request of the gateway, at its receiver. */
export interface WebhookRequest {
  /** Lower-case names, as in `request.headers` of Node.js. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The body as it came: not parsed and written again. */
  readonly body: string | Uint8Array
}

/**
 * Checks the signature of a webhook's request, for its receiver.
 * @param toleranceSeconds the greatest age of the request. @default 300
 */
export function verifyWebhook(secret: string, { headers, body }: WebhookRequest, toleranceSeconds = 300): boolean {
  const timestamp = headers[timestampHeader]
  const signature = headers[signatureHeader]
  if (typeof timestamp !== 'string' || typeof signature !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > toleranceSeconds) return false
  const wanted = Buffer.from(sign(secret, timestamp, body))
  const given = Buffer.from(signature)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}
