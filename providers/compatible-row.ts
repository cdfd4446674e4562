import type { OptionHeader, Paths, PlainOperation, StoredAction } from './contract.js'
import type { OpenAIQuirks } from './dialects/openai/quirks.js'

/** A rerank API that is not under the base, or has its own form. */
export interface RerankHost {
  readonly form: 'deepinfra' | 'nvidia'
  /** Base of the host's own rerank; a base that a caller passes is kept. */
  readonly base: string
  /** Path under that base. `{model}` is replaced by the model, which is encoded for NVIDIA's paths: `_` for dots. */
  readonly path: string
  /** Path under a base that a caller passes. */
  readonly pathElsewhere: string
}

/** Decisions at an address that is not under the base. */
export interface DecisionHost {
  /** Parts of the names of the models that decide; all others are asked over chat. */
  readonly models: readonly string[]
  /** Base of the host's own decisions; a base that a caller passes is kept. */
  readonly base: string
}

/**
 * A host with OpenAI's wire format, as data. Absent fields are as OpenAI has them. `registerProvider()` accepts such rows too.
 *
 * @example
 * client.registerProvider({ id: 'acme', name: 'Acme', base: 'https://llm.acme.example/v1', env: ['ACME_API_KEY'] })
 */
export interface CompatibleRow {
  /** Prefix of its model strings. */
  readonly id: string
  /** Name in messages. @default the id */
  readonly name?: string
  /**
   * Base URL without a trailing slash; `/chat/completions` and `/embeddings` are appended. Undefined if every user has their own
   * server.
   */
  readonly base?: string
  /** Example of a base, for the error message about a missing one. @default 'http://localhost:8000/v1' */
  readonly baseExample?: string
  /** Environment variables with the key; the first one that is set is used. @default none */
  readonly env?: readonly string[]
  /** Environment variables that replace the base; the first one that is set is used. @default none */
  readonly baseEnv?: readonly string[]
  /** Paths under the base that differ from OpenAI's. @default `/chat/completions`, `/embeddings`, `/rerank`, … */
  readonly paths?: Paths
  /**
   * Path under the base for chat with features in beta: an assistant message marked `prefix: true`, and functions marked `strict: true`.
   * For the host itself only. @default the path of chat
   */
  readonly betaChatPath?: string
  /** The host reranks at `/rerank`, in Cohere's form; or in a form of its own, at an address of its own. @default false */
  readonly rerank?: boolean | RerankHost
  /** False if servers may run without a key. @default true with `env`, else false */
  readonly keyRequired?: boolean
  /** Page where keys are created, for the error message about a missing key. */
  readonly keyUrl?: string
  /** Headers of every request. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers made from options or environment variables. */
  readonly optionHeaders?: readonly OptionHeader[]
  /** The host has OpenAI's Responses API at `/responses`. @default false */
  readonly responses?: boolean
  /** Requests about stored responses that the host answers. @default none */
  readonly storedResponses?: readonly StoredAction[]
  /** Tools that the host runs itself are accepted by its Responses API only: calls with such tools go there. @default false */
  readonly hostedToolsOnResponses?: boolean
  /** The host has OpenAI's moderation at `/moderations`: the same as `operations: ['moderation']`. @default false */
  readonly moderation?: boolean
  /** Operations that the host has in OpenAI's form, at OpenAI's paths or at those in `paths`. @default none */
  readonly operations?: readonly PlainOperation[]
  /** The host has decisions, for some of its models. @default none */
  readonly decisions?: DecisionHost
  /** Part of the names of the models that take text completions; those of others go over chat. @default all models */
  readonly textCompletionModels?: string
  /** Form of generated images, if it differs from OpenAI's. @default OpenAI's, if `operations` has `imageGeneration` */
  readonly images?: 'together' | 'xai' | 'fireworks'
  /** Models whose images run as jobs, in Fireworks' form: a part of their names, and the path. @default none */
  readonly imageJobs?: { readonly models: string; readonly path: string }
  /** Differences from OpenAI's wire format. @default none */
  readonly quirks?: Partial<OpenAIQuirks>
}
