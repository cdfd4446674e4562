/** An error of the gateway, in its own words. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** HTTP status; 0 if the gateway did not answer. */
    readonly status: number,
    /** The field that the message is about, such as `max_budget`. */
    readonly param: string | undefined,
    readonly type: string | undefined,
  ) {
    super(message)
    this.name = 'ApiError'
  }
}

export type QueryValue = string | number | boolean | null | undefined

export interface ApiOptions {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly query?: Readonly<Record<string, QueryValue>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** Path with its query; empty values are left out. */
export function addressOf(path: string, query: ApiOptions['query'] = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

const listeners = new Set<() => void>()

/** Calls back when the gateway no longer knows the session. */
export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Sends a request with the session's cookie. */
export async function send(path: string, options: ApiOptions = {}): Promise<Response> {
  const { method = 'GET', query, body, signal } = options
  let response: Response
  try {
    response = await fetch(addressOf(path, query), {
      method,
      credentials: 'same-origin',
      ...(signal && { signal }),
      ...(body !== undefined && {
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError('', 0, undefined, 'unreachable')
  }
  if (response.ok) return response
  const failure = await errorOf(response)
  if (response.status === 401 && path !== '/session' && failure.type !== 'route')
    for (const listener of listeners) listener()
  throw failure
}

/** Sends a request and reads JSON. */
export async function api<Answer>(path: string, options: ApiOptions = {}): Promise<Answer> {
  const response = await send(path, options)
  return (response.status === 204 ? undefined : await response.json()) as Answer
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text()
  try {
    const { error } = JSON.parse(text) as { error: { message: string; param?: string | null; type?: string } }
    return new ApiError(error.message, response.status, error.param ?? undefined, error.type)
  } catch {
    return new ApiError(text.slice(0, 300), response.status, undefined, undefined)
  }
}
