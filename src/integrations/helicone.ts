import { checkNames } from '../call/validate.js'
import type { CallbackSet, FailureEvent, SuccessEvent } from '../types/observe.js'
import { Sender, type SenderOptions, sendingOptions } from './sender.js'
import { reasonOf, required, textIn, urlOf, withoutContent } from './settings.js'

/** Options of {@link helicone}. */
export interface HeliconeOptions extends Omit<SenderOptions, 'batchSize'> {
  /** Helicone API key. @default HELICONE_API_KEY */
  apiKey?: string | undefined
  /** Base URL; `https://eu.api.helicone.ai` for the EU region. @default HELICONE_LOG_BASE, else 'https://api.worker.helicone.ai' */
  apiBase?: string | undefined
  /** Sends prompts and answers. The client's `redact` option applies first. @default true */
  captureContent?: boolean | undefined
  /** Returns the custom properties of a call, for filtering. @default the call's tags and metadata */
  properties?: ((event: SuccessEvent | FailureEvent) => Readonly<Record<string, string>>) | undefined
}

/**
 * Logs finished calls at Helicone. Calls through Helicone's gateway (`helicone/…`) are already logged there.
 * https://docs.helicone.ai/getting-started/integration-method/manual-logger-curl
 *
 * @throws {BadRequestError} if the key is missing
 * @example
 * const client = createClient({ callbacks: [helicone()] })
 */
export function helicone(options: HeliconeOptions = {}): CallbackSet {
  checkNames('helicone', options, known)
  const service = 'helicone()'
  const key = required(service, 'apiKey', options.apiKey, ['HELICONE_API_KEY'])
  const sender = new Sender(
    {
      url: urlOf(service, options.apiBase, ['HELICONE_LOG_BASE'], 'https://api.worker.helicone.ai', '/custom/v1/log'),
      headers: { authorization: `Bearer ${key}` },
      // the API accepts one call per request
      wrap: ([log = '{}']) => log,
      parallel: 8,
    },
    { ...options, batchSize: 1 },
  )
  const end = (event: SuccessEvent | FailureEvent) => sender.put(logOf(event, options))
  return {
    name: 'helicone',
    // custom properties may use it
    content: options.captureContent !== false || options.properties !== undefined,
    onSuccess: end,
    onFailure: end,
    flush: () => sender.flush(),
    close: () => sender.close(),
    stats: () => sender.stats,
  }
}

const known = [
  ...['apiKey', 'apiBase', 'captureContent', 'properties'],
  ...sendingOptions.filter((name) => name !== 'batchSize'),
]

function logOf(event: SuccessEvent | FailureEvent, options: HeliconeOptions): object {
  const { startTime, timings, request, provider, model } = event
  const content = options.captureContent !== false
  const { firstTokenMs, totalMs } = timings
  return {
    providerRequest: {
      url: 'custom-model-nopath',
      json: { ...(content ? request : withoutContent(request)), model: provider ? `${provider}/${model}` : model },
      meta: metaOf(event, options),
    },
    providerResponse: responseOf(event, content),
    timing: {
      startTime: timeOf(startTime),
      endTime: timeOf(startTime + totalMs),
      ...(firstTokenMs !== undefined && { timeToFirstToken: Math.round(firstTokenMs) }),
    },
  }
}

function responseOf(event: SuccessEvent | FailureEvent, content: boolean): object {
  const { answer, usage, responseId } = event.type === 'success' ? event : { ...event, responseId: undefined }
  const headers = event.requestId === undefined ? {} : { 'x-request-id': event.requestId }
  if (event.type === 'failure') {
    const { code, status } = event.error
    const message = reasonOf(event.error, content)
    return { headers, status: status || 500, json: { error: { type: code, message } } }
  }
  const kept = content && answer ? answer : { ...(responseId && { id: responseId }), usage }
  return { headers, status: event.status || 200, json: kept }
}

/** Interpreted like Helicone's headers. https://docs.helicone.ai/helicone-headers/header-directory */
function metaOf(event: SuccessEvent | FailureEvent, { properties }: HeliconeOptions): Record<string, string> {
  const { callId, user, tags, metadata, modelGroup, deployment } = event
  const meta: Record<string, string> = { 'Helicone-Request-Id': callId }
  if (user !== undefined) meta['Helicone-User-Id'] = user
  const session = textIn(metadata, 'session_id')
  if (session !== undefined) meta['Helicone-Session-Id'] = session
  const own = properties?.(event) ?? {
    ...(tags.length > 0 && { tags: tags.join(',') }),
    ...Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== 'session_id')),
    ...(modelGroup !== undefined && { modelGroup }),
    ...(deployment !== undefined && { deployment }),
  }
  for (const [name, value] of Object.entries(own)) {
    meta[`Helicone-Property-${name}`] = typeof value === 'string' ? value : JSON.stringify(value)
  }
  return meta
}

const timeOf = (ms: number) => ({ seconds: Math.floor(ms / 1000), milliseconds: Math.floor(ms % 1000) })
