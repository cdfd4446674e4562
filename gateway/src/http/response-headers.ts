import type { CallMeta } from 'llmux'
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

/** Visible ASCII: values come from clients and providers. */
const unprintable = /[^\x20-\x7e]+/g
const clean = (text: string) => text.replace(unprintable, ' ')

/** LiteLLM's response headers of a call that failed. */
export function failureHeaders({ id, admitted, startedAt }: LlmRequest): Record<string, string> {
  return {
    'x-litellm-call-id': id,
    ...admitted?.headers(),
    'x-litellm-response-cost': '0',
    'x-litellm-response-duration-ms': number(Date.now() - startedAt),
  }
}

/**
 * LiteLLM's response headers, names and values in turn: an answer has forty of them, and an object with so many fields is copied several
 * times on its way. For a stream they are sent before its cost is known.
 */
export function responseHeaders(request: LlmRequest, { params }: HandlerCall, meta: CallMeta): string[] {
  const list = ['x-litellm-call-id', clean(request.id)]
  const own = request.admitted?.headers()
  for (const name in own) list.push(name, own[name] as string)
  const duration = Date.now() - request.startedAt
  const { router, cache, cost, attempts } = meta
  const group = router?.requested ?? String(params.model)
  let provider = 0
  for (const attempt of attempts) provider += attempt.durationMs + (attempt.delayMs ?? 0)
  list.push(
    'x-litellm-model-id',
    clean(router?.deployment ?? ''),
    'x-litellm-model-group',
    clean(router && router.fallbacks > 0 ? router.modelGroup : group),
    'x-litellm-model-name',
    clean(`${meta.provider}/${meta.model}`),
    'x-litellm-attempted-retries',
    String(meta.retries),
    'x-litellm-attempted-fallbacks',
    String(router?.fallbacks ?? 0),
    'x-litellm-response-duration-ms',
    number(duration),
    'x-litellm-overhead-duration-ms',
    number(Math.max(0, duration - provider)),
  )
  if (cache.hit && cache.key !== undefined) list.push('x-litellm-cache-key', clean(cache.key))
  else if (cost.total !== undefined && params.stream !== true) list.push('x-litellm-response-cost', String(cost.total))
  if (cache.hit) return list
  // a getter, which makes the object
  const given = meta.headers
  for (const name in given) {
    const text = given[name]
    if (text === undefined || dropped.has(name)) continue
    const value = clean(text)
    list.push(prefixed(name), value)
    if (name.startsWith('x-ratelimit-')) list.push(name, value)
  }
  return list
}
