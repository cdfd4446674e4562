import { withMeta } from '../call/meta.js'
import { parseAnswer } from '../call/structured.js'
import { isSchema } from '../call/validate.js'
import type { ChatCompletion, ResponseFormatInput } from '../types/chat.js'
import type { CallMeta } from '../types/meta.js'
import type { Entry } from './journal.js'

const kept = [
  ...([
    'operation',
    'provider',
    'model',
    'cost',
    'usage',
    'requestId',
    'status',
    'latencyMs',
    'retries',
    'cache',
  ] as const),
  ...(['router', 'warnings', 'nativeFinishReason'] as const),
]

/** The facts of `meta` that a journal keeps. */
export function storedMeta(meta: CallMeta | undefined): object {
  return Object.fromEntries(kept.map((name) => [name, meta?.[name]]))
}

/** The answer of a journal, with `meta`, and validated again if the request has a schema. */
export async function restored({ answer, meta }: Entry, request: object): Promise<object> {
  const full = {
    headers: {},
    rateLimits: {},
    attempts: [],
    timeToHeadersMs: undefined,
    timeToFirstTokenMs: undefined,
    ...meta,
  }
  const made = withMeta(answer, full as unknown as CallMeta)
  const { response_format: format } = request as { response_format?: ResponseFormatInput }
  return isSchema(format) ? parseAnswer(made as ChatCompletion, format) : made
}
