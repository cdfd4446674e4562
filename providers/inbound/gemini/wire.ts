/** The Gemini API as clients speak it. https://ai.google.dev/api/generate-content */

import type { Fields } from '../../fields.js'

/** A request to `generateContent` or `streamGenerateContent`, with the model of its path. Field names may be in snake_case. */
export interface GenerateContentRequest {
  model: string
  contents?: unknown
  stream?: boolean
  [field: string]: unknown
}

/** A request to `countTokens`: contents, or a whole `generateContentRequest`. https://ai.google.dev/api/tokens */
export interface CountTokensRequest {
  model: string
  [field: string]: unknown
}

/** A part of an answer. */
export interface AnswerPart {
  text?: string
  thought?: boolean
  thoughtSignature?: string
  functionCall?: { id?: string; name: string; args: Record<string, unknown> }
  inlineData?: { mimeType: string; data: string }
}

export interface LogprobsResult {
  chosenCandidates: { token: string; logProbability: number }[]
  topCandidates: { candidates: { token: string; logProbability: number }[] }[]
}

export interface Candidate {
  index: number
  content: { role: 'model'; parts: AnswerPart[] }
  finishReason?: string
  finishMessage?: string
  logprobsResult?: LogprobsResult
  groundingMetadata?: Fields
  citationMetadata?: Fields
  safetyRatings?: Fields[]
  urlContextMetadata?: Fields
}

export interface UsageMetadata {
  promptTokenCount: number
  cachedContentTokenCount?: number
  candidatesTokenCount: number
  thoughtsTokenCount?: number
  totalTokenCount: number
  promptTokensDetails?: { modality: string; tokenCount: number }[]
  candidatesTokensDetails?: { modality: string; tokenCount: number }[]
}

/** An answer, or one event of a streamed one. */
export interface GenerateContentAnswer {
  candidates?: Candidate[]
  promptFeedback?: Fields
  usageMetadata?: UsageMetadata
  modelVersion: string
  responseId: string
}

/** `inlineData` as `inline_data`. */
const toSnake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A field by its name in camelCase, which may be written in snake_case. */
export const fieldIn = (fields: Fields, name: string): unknown => fields[name] ?? fields[toSnake(name)]

export const toCamel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** The field names in camelCase. */
export const camelFields = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [toCamel(name), value]))
