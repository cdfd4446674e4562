import { LLMError, type SettledRecord } from 'llmux'
import { statusOfCode } from '../http/errors.js'
import { storable } from '../limits/call-facts.js'
import { toNanos } from '../limits/money.js'
import { refusalOf } from '../refusal.js'
import type { CallDetail, LedgerRow } from '../store/rows.js'
import type { AdmissionCall, Principal } from '../types.js'

/** Facts of a call that are known before it begins. */
export interface RowFacts {
  readonly call: AdmissionCall
  readonly principal: Principal
  readonly tags: readonly string[]
  readonly customerId: string | null
  readonly startedAt: number
  readonly metadata: Readonly<Record<string, unknown>>
}

const longestMessage = 500
const longestName = 300

/** The row of a call in the ledger. */
export function rowOf(
  { call, principal, tags, customerId, startedAt, metadata }: RowFacts,
  record: SettledRecord | undefined,
  error: unknown,
  nanos: number,
  costState: LedgerRow['costState'],
  now: number,
): LedgerRow {
  const usage = record?.usage as UsageLike | undefined
  const router = record?.router
  const provider = record?.provider ?? ''
  const refusal = refusalOf(error)
  const name = (text: string) => storable(text, longestName)
  return {
    id: name(call.id),
    startedAt,
    durationMs: Math.max(0, Math.round(now - startedAt)),
    operation: call.operation,
    path: name(call.path),
    keyHash: principal.keyHash,
    keyAlias: principal.keyAlias,
    userId: principal.userId,
    teamId: principal.teamId,
    organizationId: principal.organizationId,
    customerId,
    tags,
    modelGroup: name(router?.modelGroup ?? call.model),
    model: name(record?.model ? `${provider}/${record.model}` : call.model),
    provider,
    deployment: router?.deployment ?? '',
    outcome: record?.outcome ?? (error === undefined ? 'success' : refusal ? 'refused' : codeOf(error)),
    errorStatus: refusal?.status ?? (LLMError.is(error) ? (error.status ?? statusOfCode(error.code) ?? null) : null),
    errorMessage: error instanceof Error ? storable(error.message, longestMessage) : null,
    inputTokens: usage?.prompt_tokens ?? usage?.input_tokens ?? 0,
    outputTokens: usage?.completion_tokens ?? usage?.output_tokens ?? 0,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? 0,
    cacheHit: record?.cache?.hit === true,
    stream: call.stream,
    nanos,
    costState,
    metadata,
    ip: call.ip ?? null,
    firstTokenMs: record?.firstTokenMs === undefined ? null : Math.round(record.firstTokenMs),
    cacheWriteTokens: usage?.prompt_tokens_details?.cache_creation_tokens ?? null,
    reasoningTokens: usage?.completion_tokens_details?.reasoning_tokens ?? null,
    retries: record ? retriesOf(record) : null,
    fallbacks: router?.fallbacks ?? null,
    savedNanos: record?.cost?.saved === undefined ? null : toNanos(record.cost.saved),
    providerRequestId: record?.requestId === undefined ? null : storable(record.requestId, longestName),
    detail: detailOf(call, record),
  }
}

/** Attempts after the first one of each model group. */
const retriesOf = ({ attempts }: SettledRecord) =>
  attempts.length < 2 ? 0 : attempts.length - new Set(attempts.map(({ modelGroup }) => modelGroup)).size

const mostAttempts = 20

function detailOf(call: AdmissionCall, record: SettledRecord | undefined): CallDetail | null {
  const headers = tellingHeaders(call)
  if (!record && headers === none) return null
  return {
    usage: record?.usage as Record<string, unknown> | undefined,
    cost: record?.cost as Record<string, unknown> | undefined,
    // the times and reasons of retries and fallbacks
    attempts: record?.attempts
      .slice(0, mostAttempts)
      .map((attempt) =>
        attempt.message === undefined ? attempt : { ...attempt, message: storable(attempt.message, longestMessage) },
      ) as CallDetail['attempts'],
    headers,
  }
}

const none: Readonly<Record<string, string>> = Object.freeze({})

/** Headers that explain a call. None of them holds a credential. */
function tellingHeaders({ headers }: AdmissionCall): Readonly<Record<string, string>> {
  let found: Record<string, string> | undefined
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || !isTelling(name)) continue
    found ??= {}
    found[name] = storable(value, longestName)
  }
  return found ?? none
}

const isTelling = (name: string) =>
  telling.has(name) ||
  (name.startsWith('x-l') &&
    (name.startsWith('x-litellm-') || name.startsWith('x-llmux-')) &&
    !/key|token|auth/.test(name))

const telling: ReadonlySet<string> = new Set([
  ...['user-agent', 'anthropic-beta', 'anthropic-version', 'traceparent', 'x-request-id', 'x-session-id', 'session_id'],
  ...['x-stainless-lang', 'x-stainless-package-version', 'originator', 'x-app'],
])

interface UsageLike {
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly cache_creation_tokens?: number }
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number }
}

const codeOf = (error: unknown) => (LLMError.is(error) ? error.code : 'internal_server')

/** The caller of a row without a key, under the name of its account. */
export const withoutKey = (account: string): Principal => ({
  master: false,
  role: 'service',
  keyHash: account,
  keyName: null,
  keyAlias: null,
  userId: null,
  userEmail: null,
  teamId: null,
  teamAlias: null,
  organizationId: null,
  metadata: {},
  key: undefined,
  team: undefined,
  user: undefined,
  membership: undefined,
})
