import type { ModelMode } from '../../pricing/index.js'
import type {
  CallOperation,
  ChatDialect,
  DecodeContext,
  Dialect,
  EncodeContext,
  Encoded,
  Operation,
  Provider,
} from '../../providers/contract.js'
import type { CacheableCall } from '../cache/cacheable-call.js'
import type { Origin } from '../cache/entry.js'
import type { CachePolicy } from '../cache/policy.js'
import type { CacheState } from '../cache/state.js'
import type { LLMError } from '../errors.js'
import type { Media } from '../types/media.js'
import type { CallMeta } from '../types/meta.js'
import type { CallMethod } from '../types/operation.js'
import type { CallOptions } from '../types/options.js'
import type { StandardSchema } from '../types/schema.js'
import type { CacheOutcome } from './cache-outcome.js'
import type { Call } from './call.js'
import type { ClientContext } from './context.js'
import type { CallObserver, CallRecorder } from './observer.js'
import type { StreamSetup } from './stream-accumulator.js'

/** Parameters of a request, by their names on OpenAI's wire. */
export type Params = Record<string, unknown>

/** Options of a request. `vectorType` exists for embeddings only. */
export type Options = CallOptions & { readonly vectorType?: unknown }

/** A request that has been validated and resolved to a provider: the input of the later stages. */
export interface Job<Part = unknown> {
  readonly context: ClientContext
  readonly spec: OperationSpec<Part>
  readonly provider: Provider
  readonly part: Part
  readonly model: string
  readonly params: Params
  readonly options: Options
  readonly extraBody: unknown
  readonly schema: StandardSchema | undefined
  readonly stream: boolean
  /** Monotonic milliseconds. */
  readonly startedAt: number
  readonly observer: CallObserver | undefined
  readonly recorder: CallRecorder | undefined
}

/** A request on its way to a cache: a client's with a resolved provider, or a Router's before a deployment is selected. */
export interface CacheRequest {
  readonly state: CacheState
  readonly policy: CachePolicy
  readonly call: CacheableCall
  /** Provider, model and account as text: part of the cache key. */
  readonly scope: string
  readonly params: Params
  readonly options: Options
  readonly extraBody: unknown
  /** Media that were downloaded for the request, by URL. */
  readonly media: ReadonlyMap<string, Media> | undefined
  readonly stream: boolean
  readonly schema: StandardSchema | undefined
  /** The client whose embedding model a semantic cache uses. */
  readonly context: ClientContext
  /** Provider and model of an answer; undefined if the answer must not be stored. */
  origin(answer: { readonly meta?: CallMeta }): Origin | undefined
  /**
   * Sends the request.
   * @param params of a part of the request, if some of it was in the cache
   */
  send(params?: Params, outcome?: CacheOutcome): Promise<unknown>
}

/** Input of a bridge. */
export interface BridgeContext {
  /** Model that the caller asked for: in a Router, the model group. */
  readonly requested: string
  readonly options: Options
  /** Unix time in seconds. */
  readonly created: number
  /** Unique id, letters and digits. */
  readonly id: string
  /** Web search of the provider. */
  readonly webSearch: ChatDialect['webSearch'] | undefined
}

/** A request as chat, and the operation that sends it and translates its answer back. */
export interface Bridged {
  readonly spec: OperationSpec
  readonly params: Params
}

/** The request of an operation: everything that must be known before the code of its calls is loaded. Methods don't use `this`. */
export interface RequestSpec {
  readonly name: CallOperation
  /** Operation of the provider's API that the call uses: it decides the path and the route. */
  readonly api: Operation
  /** The function of a client and a Router. */
  readonly method: CallMethod
  /** Path of the operation in OpenAI's API, for servers. */
  readonly path: string
  /** Names of its parameters. */
  readonly params: ReadonlySet<string>
  /** True if fields that llmux does not know are passed on, whatever their casing. @default false */
  readonly open?: boolean
  /** True if the text of its answers is kept, because they pass unchanged. @default false */
  readonly keepsText?: boolean
  /** Form of its answers: JSON, or bytes such as audio (JSON with bytes as text counts as JSON). @default 'json' */
  readonly answer?: 'json' | 'bytes'
  /** Types of parameters other than text, for servers that get the request as a form. `stream` needs an entry. */
  readonly formTypes?: Readonly<Record<string, 'number' | 'boolean' | 'json'>>
  /** The smallest request, for health checks of deployments whose model has this mode. */
  readonly probe?: { readonly mode: ModelMode; params(prompt: string): Params }
  /** Model of a request that names none. */
  readonly defaultModel?: string
  /**
   * Validates the shape of a request.
   * @throws {BadRequestError} if a parameter has the wrong shape
   */
  check(params: Params, options: Options): void
}

/** The differences of one operation from the others; `execute.ts` has the common pipeline. */
export interface OperationSpec<Part = unknown, Body extends object = object> extends RequestSpec {
  /** The dialect's translator for this operation; a promise until its code is loaded. */
  part(dialect: Dialect): Part | Promise<Part> | undefined
  /** Translates a request to chat, for providers without this operation. */
  bridge?(params: Params, context: BridgeContext): Promise<Bridged>
  /** Loads code that the request needs; undefined if it is loaded. */
  ready?(params: Params, part: Part): Promise<unknown> | undefined
  /** Message for a provider without this operation. */
  unsupported(provider: Provider): string
  encode(part: Part, params: Params, context: EncodeContext): Encoded
  /** URLs that must be downloaded before `encode`. */
  remoteMedia?(part: Part, params: Params, context: EncodeContext): readonly string[]
  decode(part: Part, body: unknown, context: DecodeContext): Body
  /**
   * Validates an answer against its request.
   * @throws {ProviderFault} if it answers another request
   */
  verify?(job: Job<Part>, params: Params, answer: Body, call: Call): void
  /** Records usage and billing facts. */
  settle(call: Call, answer: Body, part: Part, error?: LLMError): void
  /** Turns a decoded answer into the caller's form. */
  finish?(job: Job<Part>, answer: Body & { readonly meta: CallMeta }): unknown
  /** The schema object in the parameters. */
  schemaOf?(params: Params): StandardSchema | undefined
  /** Reads a streamed answer. Operations without it don't stream. */
  stream?(job: Job<Part>, call: Call): StreamSetup<object, object, object>
  /** Splits a request that exceeds the provider's limits. Undefined if one request is enough. */
  batches?(part: Part, params: Params, context: EncodeContext): readonly Params[] | undefined
  /** Joins the answers of batches; after a failure some are missing. */
  join?(answers: readonly (Body | undefined)[], batches: readonly Params[]): Body
  /** Sends a request through a cache. Operations without it are not cached. */
  cached?(request: CacheRequest): Promise<unknown>
}
