import type { Dispatcher } from 'undici'
import type { CacheCallOptions, CacheOption } from './cache.js'
import type { ChatParams, ResponseFormatInput } from './chat.js'
import type { EmbeddingParams } from './embedding.js'
import type { KnownModel } from './known-models.generated.js'
import type { ModerationParams } from './moderation.js'
import type { Callback, ObserveOptions } from './observe.js'
import type { RerankParams } from './rerank.js'
import type { ResponsesParams } from './responses.js'

/**
 * The camelCase half of every request: what stays in the process.
 * All times are milliseconds.
 */
export interface CallOptions {
  /** The key for this call. Sent to this call's base and nowhere else. */
  apiKey?: string | undefined
  /** Base URL for this call. Keys that belong to another host are not sent to it. */
  apiBase?: string | undefined
  /** OpenAI organization. */
  organization?: string | undefined
  /** OpenAI project. */
  project?: string | undefined
  /** Version of the API, where it is part of the address (Azure). */
  apiVersion?: string | undefined
  /** Region of the provider's servers (Bedrock). */
  region?: string | undefined
  /** Location of the provider's servers (Vertex AI). */
  location?: string | undefined
  /** The model behind a name that says nothing, as of an Azure deployment (`azure/gpt-4.1`): for prices and limits. */
  baseModel?: string | undefined
  /** Extra request headers for this call; they win over llmux's own. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Ends the call: nothing is sent or waited for any more. */
  signal?: AbortSignal | undefined
  /** The whole call, retries and the whole stream included. 0 for none. @default 600_000 */
  timeout?: number | undefined
  /** From sending to the response headers, for each try. 0 for none. @default 0 */
  headersTimeout?: number | undefined
  /** From sending to the first content (text, reasoning or tool call) of a stream, for each try. 0 for none. @default 0 */
  firstTokenTimeout?: number | undefined
  /** Between content chunks of a stream; keep-alive comments do not count. 0 for none. @default 0 */
  idleTimeout?: number | undefined
  /** Tries after the first one. Never once content has been handed over. @default 2 */
  maxRetries?: number | undefined
  /** The longest wait before another try: a longer `Retry-After` fails at once. @default 60_000 */
  maxRetryDelay?: number | undefined
  /** Leave out what the target can't honour and say so in `meta.warnings`, instead of throwing. @default false */
  dropParams?: boolean | undefined
  /** The largest answer to read, in bytes. @default 268_435_456 (256 MiB) */
  maxResponseBytes?: number | undefined
  /**
   * The largest image or file that llmux fetches for a provider that takes it inline only, in bytes.
   * @default 20_971_520 (20 MiB)
   */
  maxMediaBytes?: number | undefined
  /** Whether such images and files may come from addresses that are not public (loopback, private networks). @default false */
  allowPrivateMedia?: boolean | undefined
  /** Who is told of this call, beside the client's own. */
  callbacks?: readonly Callback[] | undefined
  /** For events and caches: whose call it is. Through a Router also for tagged deployments and budgets. */
  tags?: readonly string[] | undefined
  /** Ties this call's events to a trace of the caller's. @default the call's own id */
  traceId?: string | undefined
  /**
   * Where answers are looked for before anything is sent, and kept; `false` for nowhere. An object says how: `{ ttl, maxAge, … }`.
   * For chat, embeddings and rerank.
   * @default the client's, which has none
   */
  cache?: CacheOption | CacheCallOptions | false | undefined
  /** An undici 7 dispatcher (Agent, ProxyAgent, MockAgent, …) for this call. */
  dispatcher?: Dispatcher | undefined
}

/** A chat request: OpenAI's parameters in snake_case, llmux's options in camelCase. */
export type CompletionRequest<
  Stream extends boolean = boolean,
  Format extends ResponseFormatInput | undefined = ResponseFormatInput | undefined,
> = Omit<ChatParams, 'stream' | 'response_format' | 'model'> &
  CallOptions & {
    /** `provider/model`, or a known model's bare name. */
    model: KnownModel | (string & {})
    stream?: Stream | undefined
    response_format?: Format | undefined
  }

/** An embedding request. */
export type EmbeddingRequest<VectorType extends 'array' | 'float32' = 'array' | 'float32'> = Omit<
  EmbeddingParams,
  'model'
> &
  CallOptions & {
    /** `provider/model`, or a known model's bare name. */
    model: KnownModel | (string & {})
    /** Vectors as `number[]` or as `Float32Array`. @default 'array' */
    vectorType?: VectorType | undefined
  }

/** A rerank request. */
export type RerankRequest = Omit<RerankParams, 'model'> &
  CallOptions & {
    /** `provider/model`. */
    model: string
  }

/** A request of the Responses API: OpenAI's parameters in snake_case, llmux's options in camelCase. */
export type ResponsesRequest<Stream extends boolean = boolean> = Omit<ResponsesParams, 'stream' | 'model'> &
  CallOptions & {
    /** `provider/model`, or a known model's bare name. */
    model: KnownModel | (string & {})
    stream?: Stream | undefined
  }

/** A moderation request. */
export type ModerationRequest = Omit<ModerationParams, 'model'> &
  CallOptions & {
    /** `provider/model`. @default 'openai/omni-moderation-latest' */
    model?: string | undefined
  }

/** Credentials and address of one provider. */
export interface ProviderOptions {
  apiKey?: string | undefined
  /** Sent as a bearer token, where the provider takes one beside its key (Anthropic). */
  authToken?: string | undefined
  apiBase?: string | undefined
  organization?: string | undefined
  project?: string | undefined
  apiVersion?: string | undefined
  region?: string | undefined
  location?: string | undefined
  /** AWS access key. */
  accessKeyId?: string | undefined
  secretAccessKey?: string | undefined
  sessionToken?: string | undefined
  /** Profile of the AWS configuration files. */
  profile?: string | undefined
  /** Google service account: its JSON, or the path of its file. */
  credentials?: string | undefined
  /** Account that is part of the address (Cloudflare). */
  accountId?: string | undefined
  /** Deployment space that pays, instead of a project (watsonx.ai). */
  spaceId?: string | undefined
  /** Service principal that signs in by itself (Databricks). */
  clientId?: string | undefined
  clientSecret?: string | undefined
  /** Extra headers for this provider only. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** Defaults of a client. A call's own options win. */
export interface ClientOptions
  extends Omit<
      CallOptions,
      | 'apiKey'
      | 'apiBase'
      | 'organization'
      | 'project'
      | 'apiVersion'
      | 'region'
      | 'location'
      | 'baseModel'
      | 'signal'
      | 'tags'
      | 'cache'
      | 'traceId'
      | 'callbacks'
    >,
    ObserveOptions {
  /** Where answers of chat, embeddings and rerank are kept: `memoryCache()`, or `{ store, ttl, … }`. @default none */
  cache?: CacheOption | false | undefined
  /** By prefix: `{ openai: { apiKey }, anthropic: { apiKey } }`. */
  providers?: Readonly<Record<string, ProviderOptions>> | undefined
  /** From the first packet to a connection, in milliseconds. A property of the client's connections: not per call. @default 10_000 */
  connectTimeout?: number | undefined
  /** `http://user:pass@host:port` of a proxy; `false` ignores `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
  proxy?: string | false | undefined
}
