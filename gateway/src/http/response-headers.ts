import type { CallMeta, LLMError } from 'llmux'
import type { HandlerCall } from 'llmux/server'
import type { LlmRequest } from './llm-request.js'

/** Headers of a provider's answer that must not appear twice, or describe its connection. */
const dropped: ReadonlySet<string> = new Set(['set-cookie', 'content-encoding'])

/** Names of a provider's headers as the gateway sends them: joined once, since a joined text is hashed anew with each use. */
const known = new Map<string, string>()

function prefixed(name: string): string {
  let found = known.get(name)
  if (found === undefined) {
    found = `llm_provider-${name}`
    if (known.size < 500) known.set(name, found)
  }
  return found
}

const number = (value: number) => String(Math.round(value * 1000) / 1000)

/** LiteLLM's response headers. For a stream they are sent before its cost is known. */
export function responseHeaders(
  request: LlmRequest,
  { params }: HandlerCall,
  meta: CallMeta | undefined,
  error: LLMError | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { 'x-litellm-call-id': request.id, ...request.admitted?.headers() }
  const duration = Date.now() - request.startedAt
  if (error || !meta) {
    headers['x-litellm-response-cost'] = '0'
    headers['x-litellm-response-duration-ms'] = number(duration)
    return headers
  }
  const { router, cache, cost, attempts } = meta
  const group = router?.requested ?? String(params.model)
  headers['x-litellm-model-id'] = router?.deployment ?? ''
  headers['x-litellm-model-group'] = router && router.fallbacks > 0 ? router.modelGroup : group
  headers['x-litellm-model-name'] = `${meta.provider}/${meta.model}`
  headers['x-litellm-attempted-retries'] = String(meta.retries)
  headers['x-litellm-attempted-fallbacks'] = String(router?.fallbacks ?? 0)
  headers['x-litellm-response-duration-ms'] = number(duration)
  const provider = attempts.reduce((sum, attempt) => sum + attempt.durationMs + (attempt.delayMs ?? 0), 0)
  headers['x-litellm-overhead-duration-ms'] = number(Math.max(0, duration - provider))
  if (cache.hit && cache.key !== undefined) headers['x-litellm-cache-key'] = cache.key
  else if (cost.total !== undefined && params.stream !== true) headers['x-litellm-response-cost'] = String(cost.total)
  if (!cache.hit) {
    // a getter, which makes the object
    const given = meta.headers
    for (const name in given) {
      const value = given[name]
      if (value === undefined || dropped.has(name)) continue
      headers[prefixed(name)] = value
      if (name.startsWith('x-ratelimit-')) headers[name] = value
    }
  }
  return headers
}
