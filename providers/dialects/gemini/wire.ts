/** The loose shapes of the Gemini API. https://ai.google.dev/api/generate-content */

import { fromUtf8 } from '../../../src/platform/index.js'
import type { FinishReason, Logprobs, TokenLogprob } from '../../../src/types/chat.js'
import { type Fields, isFields } from '../../fields.js'
import { joinFields } from '../../shared/deltas.js'

export { type Fields, isFields }

/** A part of a turn, in a request or an answer: content of one kind, with its metadata. */
export interface Part extends Fields {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  functionCall?: { id?: string; name?: string; args?: Fields }
  functionResponse?: Fields
  inlineData?: { mimeType?: string; data?: string }
  fileData?: { mimeType?: string; fileUri?: string }
}

export interface Turn {
  role: 'user' | 'model'
  parts: Part[]
}

export interface ModalityCount {
  modality?: string
  tokenCount?: number
}

export interface WireUsage {
  promptTokenCount?: number
  cachedContentTokenCount?: number
  toolUsePromptTokenCount?: number
  candidatesTokenCount?: number
  thoughtsTokenCount?: number
  totalTokenCount?: number
  promptTokensDetails?: ModalityCount[]
  toolUsePromptTokensDetails?: ModalityCount[]
  cacheTokensDetails?: ModalityCount[]
  candidatesTokensDetails?: ModalityCount[]
  serviceTier?: unknown
  trafficType?: unknown
  [counter: string]: unknown
}

export interface Candidate {
  index?: number
  content?: { parts?: unknown; role?: string }
  /** A number from hosts that write enums as numbers. */
  finishReason?: string | number
  finishMessage?: string
  groundingMetadata?: Fields
  urlContextMetadata?: Fields
  citationMetadata?: Fields
  logprobsResult?: Fields
  avgLogprobs?: number
  safetyRatings?: unknown[]
  [field: string]: unknown
}

/** An answer, or one event of a stream: both have the same shape. */
export interface WireAnswer {
  candidates?: Candidate[]
  promptFeedback?: { blockReason?: string; blockReasonMessage?: string; safetyRatings?: unknown[] }
  usageMetadata?: WireUsage
  modelVersion?: string
  responseId?: string
  createTime?: string
  error?: unknown
}

export type PartKind = 'thought' | 'text' | 'image' | 'audio' | 'call' | 'other'

export function kindOf(part: Part): PartKind {
  if (typeof part.text === 'string') return part.thought ? 'thought' : 'text'
  if (isFields(part.functionCall)) return 'call'
  const type: unknown = part.thought ? undefined : part.inlineData?.mimeType
  if (typeof type !== 'string' || typeof part.inlineData?.data !== 'string') return 'other'
  if (type.startsWith('image/')) return 'image'
  return type.startsWith('audio/') ? 'audio' : 'other'
}

export const textIn = (fields: Fields | undefined, name: string): string | undefined => {
  const value = fields?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `safety_settings` as `safetySettings`. */
export const toCamel = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** `safetyRatings` as `safety_ratings`. */
export const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** https://ai.google.dev/api/generate-content#FinishReason */
const finishReasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'content_filter'],
  ['RECITATION', 'content_filter'],
  ['LANGUAGE', 'content_filter'],
  ['OTHER', 'content_filter'],
  ['BLOCKLIST', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['SPII', 'content_filter'],
  ['MODEL_ARMOR', 'content_filter'],
  ['IMAGE_SAFETY', 'content_filter'],
  ['IMAGE_PROHIBITED_CONTENT', 'content_filter'],
  ['IMAGE_RECITATION', 'content_filter'],
  ['IMAGE_OTHER', 'content_filter'],
  ['NO_IMAGE', 'content_filter'],
  ['ESCALATION', 'content_filter'],
  ['PUP_LIMITED_DISABLED', 'content_filter'],
])

/** OpenAI's finish reason for Gemini's, which is STOP for turns that end with calls too. */
export function decodeFinishReason(native: string, calls: boolean): FinishReason {
  const reason = finishReasons.get(native) ?? 'stop'
  return reason === 'stop' && calls ? 'tool_calls' : reason
}

/** Reasons of answers without content: the model failed to write its answer. */
const failures: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
])

export const isFailure = (native: string | undefined): boolean => native !== undefined && failures.has(native)

/** The first values of the enum, from hosts that write enums as numbers. */
const numberedReasons = ['FINISH_REASON_UNSPECIFIED', 'STOP', 'MAX_TOKENS', 'SAFETY', 'RECITATION', 'OTHER'] as const

export function nativeReason(reason: unknown): string | undefined {
  if (typeof reason === 'number') return numberedReasons[reason] ?? String(reason)
  return typeof reason === 'string' && reason !== '' ? reason : undefined
}

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function decodeLogprobs(result: unknown): Logprobs | undefined {
  if (!isFields(result)) return undefined
  const { chosenCandidates, topCandidates } = result
  if (!Array.isArray(chosenCandidates)) return undefined
  const tops: unknown[] = Array.isArray(topCandidates) ? topCandidates : []
  const content = chosenCandidates.filter(isFields).map((chosen, step): TokenLogprob => {
    const top = tops[step]
    const others: unknown[] = isFields(top) && Array.isArray(top.candidates) ? top.candidates : []
    return { ...decodeToken(chosen), top_logprobs: others.filter(isFields).map(decodeToken) }
  })
  return { content, refusal: null }
}

function decodeToken({ token, logProbability }: Fields): Omit<TokenLogprob, 'top_logprobs'> {
  const text = typeof token === 'string' ? token : ''
  // the API leaves out zeros, and the logarithm of the probability 1 is 0
  return {
    token: text,
    bytes: [...fromUtf8(text)],
    logprob: typeof logProbability === 'number' ? logProbability : 0,
  }
}

export const answerFields: ReadonlySet<string> = new Set([
  'candidates',
  'promptFeedback',
  'usageMetadata',
  'modelVersion',
  'responseId',
  'createTime',
  'error',
])

/** Candidate fields that the message and the choice have a place for. */
const candidateFields: ReadonlySet<string> = new Set([
  'index',
  'content',
  'finishReason',
  'logprobsResult',
  'tokenCount',
])

/** Merges the metadata of a candidate's events: later values replace earlier ones, citations accumulate. */
export function mergeCandidate(before: Fields, candidate: Candidate): Fields {
  let merged = before
  for (const name in candidate) {
    const value: unknown = (candidate as Fields)[name]
    if (candidateFields.has(name) || name === '__proto__' || isEmptyValue(value)) continue
    // most events of a stream have none
    if (merged === before) merged = { ...before }
    const old = merged[name]
    merged[name] = name === 'citationMetadata' && isFields(old) && isFields(value) ? joinFields(old, value) : value
  }
  return merged
}

const isEmptyValue = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)
