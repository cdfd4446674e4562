import { checkNames } from '../call/validate.js'
import type { CallbackSet, FailureEvent, SuccessEvent } from '../types/observe.js'
import { tokensOf } from './gen-ai.js'
import { Sender, type SenderOptions, sendingOptions } from './sender.js'
import { required, textIn, urlOf, withoutContent } from './settings.js'

/** Options of {@link lunary}. */
export interface LunaryOptions extends SenderOptions {
  /** Public key of the project. @default LUNARY_PUBLIC_KEY */
  publicKey?: string | undefined
  /** Base URL of the Lunary server. @default LUNARY_API_URL, else 'https://api.lunary.ai' */
  apiBase?: string | undefined
  /** Sends prompts and answers. The client's `redact` option applies first. @default true */
  captureContent?: boolean | undefined
}

/**
 * Sends finished calls to Lunary, each as a `start` event and an `end` or `error` event.
 * https://docs.lunary.ai/api/runs/ingest-run-events
 *
 * @throws {BadRequestError} if the key is missing
 * @example
 * const client = createClient({ callbacks: [lunary()] })
 */
export function lunary(options: LunaryOptions = {}): CallbackSet {
  checkNames('lunary', options, known)
  const service = 'lunary()'
  const key = required(service, 'publicKey', options.publicKey, ['LUNARY_PUBLIC_KEY'])
  const sender = new Sender(
    {
      url: urlOf(service, options.apiBase, ['LUNARY_API_URL'], 'https://api.lunary.ai', '/v1/runs/ingest'),
      headers: { authorization: `Bearer ${key}` },
      wrap: (calls) => `{"events":[${calls.map((pair) => pair.slice(1, -1)).join(',')}]}`,
    },
    options,
  )
  // both events in one document, so that they are sent together
  const end = (event: SuccessEvent | FailureEvent) => sender.put(eventsOf(event, options.captureContent !== false))
  return {
    name: 'lunary',
    content: options.captureContent !== false,
    onSuccess: end,
    onFailure: end,
    flush: () => sender.flush(),
    close: () => sender.close(),
    stats: () => sender.stats,
  }
}

const known = ['publicKey', 'apiBase', 'captureContent', ...sendingOptions]

function eventsOf(event: SuccessEvent | FailureEvent, content: boolean): object[] {
  const { callId: runId, operation, model, request, startTime, timings, tags, user, metadata, answer } = event
  const type = operation === 'embedding' ? 'embed' : operation === 'rerank' ? 'retriever' : 'llm'
  const base = { type, runId, name: model }
  const { input, output } = tokensOf(event)
  const parent = textIn(metadata, 'parent_run_id')
  const started = {
    ...base,
    event: 'start',
    timestamp: new Date(startTime).toISOString(),
    ...(content && { input: request.messages ?? request.input ?? request.query ?? null }),
    ...(parent !== undefined && { parentRunId: parent }),
    ...(tags.length > 0 && { tags }),
    ...(user !== undefined && { userId: user }),
    metadata: {
      ...metadata,
      provider: event.provider,
      ...(event.cost?.total !== undefined && { cost: event.cost.total }),
    },
    extra: parametersOf(content ? request : withoutContent(request)),
    runtime: 'llmux',
  }
  const timestamp = new Date(startTime + timings.totalMs).toISOString()
  if (event.type === 'failure') {
    const { code, message: said } = event.error
    const message = content ? `${code}: ${said}` : code
    return [started, { ...base, event: 'error', timestamp, error: { message } }]
  }
  return [
    started,
    {
      ...base,
      event: 'end',
      timestamp,
      ...(content && { output: outputOf(answer) }),
      ...(input !== undefined && { tokensUsage: { prompt: input, completion: output ?? 0 } }),
    },
  ]
}

function outputOf(answer: SuccessEvent['answer']): unknown {
  const { choices } = answer ?? {}
  if (!Array.isArray(choices)) return answer ?? null
  return choices.map(({ message }) => message)
}

const noParameters = new Set([
  ...['model', 'messages', 'input', 'query', 'documents', 'prompt', 'instructions', 'metadata', 'user', 'extra_body'],
])

const parametersOf = (request: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(request).filter(([name]) => !noParameters.has(name)))
