/** The loose shapes of the Gemini API. https://ai.google.dev/api/generate-content */

import { type Fields, isFields } from '../../fields.js'

export { type Fields, isFields }

/** A part of a turn, of a request or of an answer: one kind of content, and what belongs to it. */
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
  serviceTier?: string
  trafficType?: string
}

export interface Candidate {
  index?: number
  content?: { parts?: unknown; role?: string }
  /** A number where the host was asked for enums as numbers. */
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

/** An answer, or one event of a stream: they have the same shape. */
export interface WireAnswer {
  candidates?: Candidate[]
  promptFeedback?: { blockReason?: string; blockReasonMessage?: string; safetyRatings?: unknown[] }
  usageMetadata?: WireUsage
  modelVersion?: string
  responseId?: string
  createTime?: string
  error?: unknown
}

export const textIn = (fields: Fields | undefined, name: string): string | undefined => {
  const value = fields?.[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** `safety_settings` as `safetySettings`. */
export const toCamel = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
