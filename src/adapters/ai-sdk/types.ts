import type { JSONObject } from '@ai-sdk/provider'
import type { CallOptions, CompletionRequest } from '../../types/options.js'

/** Settings of a call under `providerOptions.llmux`: parameters of `completion()` in snake_case, options in camelCase. */
export type LlmuxProviderOptions = Partial<Omit<CompletionRequest, 'model' | 'messages' | 'stream'>> & CallOptions

/** Fields of llmux in a part's `providerMetadata` or `providerOptions`. */
export interface PartMetadata {
  /** Signature of a reasoning part. */
  signature?: unknown
  /** Text of signed reasoning, if the part itself has none. */
  thinking?: unknown
  /** Encrypted reasoning. */
  redactedData?: unknown
  /** Fields of the message that the next turn sends back. */
  messageFields?: unknown
  /** Fields of the tool call, such as a signature. */
  callFields?: unknown
}

/** Copies a value as JSON; undefined fields and functions are left out. */
export const toJson = (value: unknown): JSONObject => JSON.parse(JSON.stringify(value ?? {})) as JSONObject

/** The object under `llmux` of metadata or options. */
export function own(options: Readonly<Record<string, unknown>> | undefined): PartMetadata {
  const fields = options?.llmux
  return typeof fields === 'object' && fields !== null ? fields : {}
}
