import type { Dispatcher } from 'undici'
import type { ProviderId } from '../../providers/prefixes.js'
import type { CacheCallOptions, CacheOption } from './cache.js'
import type { ChatParams, ResponseFormatInput } from './chat.js'
import type { DecideParams, DecisionQuestions } from './decision.js'
import type { EmbeddingParams } from './embedding.js'
import type { FetchFunction } from './fetch.js'
import type { KnownChatModel, KnownEmbeddingModel, KnownRerankModel } from './known-models.generated.js'
import type { Callback, ObserveOptions } from './observe.js'
import type { RerankParams } from './rerank.js'
import type { ResponsesParams } from './responses.js'
import type { OnSettled } from './settled.js'
import type { TextCompletionParams } from './text-completion.js'
import type { GenerateContentParams, MessagesParams } from './wires.js'

/** Options of a call in camelCase. They configure llmux and are never sent to the model. All times are in milliseconds. */
export interface CallOptions {
  /** API key for this call. Sent only to this call's base URL. */
  apiKey?: string | undefined
  /** Base URL for this call. Keys configured for another host are not sent to it. */
  apiBase?: string | undefined
  /** OpenAI organization. */
  organization?: string | undefined
  /** OpenAI project. */
  project?: string | undefined
  /** API version, for providers with a version in the address (Azure). */
  apiVersion?: string | undefined
  /** Region of the provider's servers (Bedrock). */
  region?: string | undefined
  /** Location of the provider's servers (Vertex AI). */
  location?: string | undefined
  /** The model behind an opaque name, such as an Azure deployment (`azure/gpt-4.1`). It decides parameters, prices and limits. */
  baseModel?: string | undefined
  /** Additional request headers. They override llmux's own. */
  headers?: Readonly<Record<string, string>> | undefined
  /** Aborts the call. */
  signal?: AbortSignal | undefined
  /** Timeout of the complete call, including retries and the stream, in milliseconds. 0 disables it. @default 600_000 */
  timeout?: number | undefined
  /** Timeout from sending to the response headers, per attempt, in milliseconds. 0 disables it. @default 0 */
  headersTimeout?: number | undefined
  /**
   * Timeout from sending to the first content (text, reasoning or tool call) of a stream, per attempt, in milliseconds. 0
   * disables it. @default 0
   */
  firstTokenTimeout?: number | undefined
  /** Timeout between content chunks of a stream, in milliseconds; keep-alive comments don't count. 0 disables it. @default 0 */
  idleTimeout?: number | undefined
  /** Maximum number of retries. A call is never retried after content was delivered. @default 2 */
  maxRetries?: number | undefined
  /** Maximum delay before a retry, in milliseconds. A longer `Retry-After` fails immediately. @default 60_000 */
  maxRetryDelay?: number | undefined
  /** Drop unsupported parameters with a warning in `meta.warnings` instead of throwing. @default false */
  dropParams?: boolean | undefined
  /** Maximum size of an answer, in bytes. @default 268_435_456 (256 MiB) */
  maxResponseBytes?: number | undefined
  /**
   * Maximum size of an image or file that llmux downloads for a provider that accepts inline data only, in bytes. @default
   * 20_971_520 (20 MiB)
   */
  maxMediaBytes?: number | undefined
  /** Allow such downloads from addresses outside of the public internet (loopback, private networks). @default false */
  allowPrivateMedia?: boolean | undefined
  /** Callbacks for this call, in addition to the client's. */
  callbacks?: readonly Callback[] | undefined
  /** Called synchronously, once, when the call has ended, in addition to the client's. For accounting. */
  onSettled?: OnSettled | undefined
  /** Labels for events and caches. In a Router also for tagged deployments and budgets. */
  tags?: readonly string[] | undefined
  /** Assigns the call's events to a trace of the caller. @default the call's own id */
  traceId?: string | undefined
  /**
   * Cache of this call: a store, settings such as `{ ttl, maxAge }`, or false. For chat, embeddings and rerank. @default the
   * client's
   */
  cache?: CacheOption | CacheCallOptions | false | undefined
  /**
   * Models that are called, in order, if the model fails: names, or objects with `model` and other parameters. Each has the timeouts and
   * retries of a call of its own. A stream falls back before its first content only. In a Router these are model groups.
   */
  fallbacks?: readonly (string | ({ model: string } & Record<string, unknown>))[] | false | undefined
  /** undici 7 dispatcher (Agent, ProxyAgent, MockAgent, …) for this call. */
  dispatcher?: Dispatcher | undefined
  /**
   * Sends through this function instead of llmux's own connections: the platform's `fetch`, a service binding's, or one of a test.
   * `dispatcher` takes precedence over it. `proxy` and `connectTimeout` don't apply. @default undici on Node.js, `fetch` elsewhere
   */
  fetch?: FetchFunction | undefined
}

/** A chat request: OpenAI's parameters in snake_case, llmux's options in camelCase. */
export type CompletionRequest<
  Stream extends boolean = boolean,
  Format extends ResponseFormatInput | undefined = ResponseFormatInput | undefined,
> = Omit<ChatParams, 'stream' | 'response_format' | 'model'> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownChatModel | (string & {})
    /** Return a stream. @default false */
    stream?: Stream | null | undefined
    /**
     * Format of the answer: OpenAI's object, or a zod (or any Standard Schema) schema for a typed `message.parsed`. @default {
     * type: 'text' }
     */
    response_format?: Format | undefined
  }

/** An embedding request. */
export type EmbeddingRequest<VectorType extends 'array' | 'float32' = 'array' | 'float32'> = Omit<
  EmbeddingParams,
  'model'
> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownEmbeddingModel | (string & {})
    /** Type of the vectors: `number[]` or `Float32Array`. @default 'array' */
    vectorType?: VectorType | undefined
  }

/** A rerank request. */
export type RerankRequest = Omit<RerankParams, 'model'> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownRerankModel | (string & {})
  }

/** A request of the Responses API: OpenAI's parameters in snake_case, llmux's options in camelCase. */
export type ResponsesRequest<Stream extends boolean = boolean> = Omit<ResponsesParams, 'stream' | 'model'> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownChatModel | (string & {})
    /** Return a stream of events. @default false */
    stream?: Stream | null | undefined
  }

/** A request for a text completion. */
export type TextCompletionRequest<Stream extends boolean = boolean> = Omit<TextCompletionParams, 'stream' | 'model'> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownChatModel | (string & {})
    /** Return a stream. @default false */
    stream?: Stream | null | undefined
  }

/** A request for decisions. */
export type DecideRequest<Questions extends DecisionQuestions = DecisionQuestions> = Omit<
  DecideParams<Questions>,
  'model'
> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownChatModel | (string & {})
  }

/** A request of {@link MessagesParams} with llmux's options. */
export type MessagesRequest<Stream extends boolean = boolean> = Omit<MessagesParams, 'stream'> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownChatModel | (string & {})
    /** The conversation, in Anthropic's form. */
    messages: readonly object[]
    /** Return a stream of events. @default false */
    stream?: Stream | null | undefined
  }

/** A request of {@link GenerateContentParams} with llmux's options. */
export type GenerateContentRequest<Stream extends boolean = boolean> = Omit<GenerateContentParams, 'stream'> &
  CallOptions & {
    /** `provider/model`, or the name of a known model. */
    model: KnownChatModel | (string & {})
    /** The conversation, in Google's form. */
    contents: readonly object[] | object | string
    /** Return a stream of responses. @default false */
    stream?: Stream | null | undefined
  }

/** Credentials and address of a provider. */
export interface ProviderOptions {
  /** API key. */
  apiKey?: string | undefined
  /** Bearer token, for providers that accept one besides their key (Anthropic). */
  authToken?: string | undefined
  /** Base URL. */
  apiBase?: string | undefined
  /** OpenAI organization. */
  organization?: string | undefined
  /** OpenAI project, or the project of a cloud provider. */
  project?: string | undefined
  /** API version, for providers with a version in the address (Azure). */
  apiVersion?: string | undefined
  /** Region of the provider's servers. */
  region?: string | undefined
  /** Location of the provider's servers (Vertex AI). */
  location?: string | undefined
  /** AWS access key id. */
  accessKeyId?: string | undefined
  /** AWS secret access key. */
  secretAccessKey?: string | undefined
  /** AWS session token of temporary credentials. */
  sessionToken?: string | undefined
  /** Profile in the AWS configuration files. */
  profile?: string | undefined
  /** Google service account: its JSON, or the path of its file. */
  credentials?: string | undefined
  /** Account id in the address (Cloudflare). */
  accountId?: string | undefined
  /** Deployment space to bill, instead of a project (watsonx.ai). */
  spaceId?: string | undefined
  /** Id of a service principal (Databricks). */
  clientId?: string | undefined
  /** Secret of the service principal. */
  clientSecret?: string | undefined
  /** Additional headers for this provider. */
  headers?: Readonly<Record<string, string>> | undefined
}

/** Defaults of a client. Options of a call take precedence. */
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
      | 'fallbacks'
    >,
    ObserveOptions {
  /** Cache of chat, embedding and rerank calls: `memoryCache()`, or `{ store, ttl, … }`. @default none */
  cache?: CacheOption | false | undefined
  /** Credentials and addresses by provider prefix: `{ openai: { apiKey }, anthropic: { apiKey } }`. */
  providers?:
    | Readonly<Partial<Record<ProviderId, ProviderOptions>> & Record<string, ProviderOptions | undefined>>
    | undefined
  /** Names of your own for models: `{ fast: 'openai/gpt-4o-mini' }`. */
  modelAlias?: Readonly<Record<string, string>> | undefined
  /** Timeout to establish a connection, in milliseconds. Applies to all connections of the client. @default 10_000 */
  connectTimeout?: number | undefined
  /** Proxy URL, `http://user:pass@host:port`; `false` ignores `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`. */
  proxy?: string | false | undefined
}
