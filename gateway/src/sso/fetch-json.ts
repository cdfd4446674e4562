const timeoutMs = 5_000
const mostBytes = 1024 * 1024

/** An answer that is no success. */
export class StatusError extends Error {
  constructor(
    address: string,
    readonly status: number,
  ) {
    super(`${address} answered with status ${status}.`)
  }
}

/**
 * Reads a JSON object from an identity provider. Redirects are not followed.
 * @throws {Error} without the body, which may hold a secret
 */
export async function fetchJson(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const { origin, pathname } = new URL(url)
  const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > mostBytes) throw new Error(`The answer of ${origin}${pathname} has more than ${mostBytes} bytes.`)
    chunks.push(chunk)
  }
  if (!response.ok) throw new StatusError(`${origin}${pathname}`, response.status)
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${origin}${pathname} did not answer with a JSON object.`)
  return value as Record<string, unknown>
}
