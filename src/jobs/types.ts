import type { AnyLLMError } from '../errors.js'
import type { RouterCallOptions } from '../router/types.js'
import type { BatchCreateRequest, Batches, Files } from '../types/batch.js'
import type { ChatCompletion } from '../types/chat.js'
import type { DecideResponse } from '../types/decision.js'
import type { EmbeddingResponse } from '../types/embedding.js'
import type { ModerationRequest, ModerationResponse } from '../types/moderation.js'
import type {
  CompletionRequest,
  DecideRequest,
  EmbeddingRequest,
  GenerateContentRequest,
  MessagesRequest,
  RerankRequest,
  ResponsesRequest,
  TextCompletionRequest,
} from '../types/options.js'
import type { RerankResponse } from '../types/rerank.js'
import type { ResponsesResponse } from '../types/responses.js'
import type { TextCompletion } from '../types/text-completion.js'
import type { GenerateContentResponse, MessagesResponse } from '../types/wires.js'

/** Requests and answers by the method that a batch calls. */
export interface BatchShapes {
  /** Chat. */
  completion: { request: CompletionRequest<false>; answer: ChatCompletion }
  /** Embeddings. */
  embedding: { request: EmbeddingRequest<'array'>; answer: EmbeddingResponse }
  /** Rerank. */
  rerank: { request: RerankRequest; answer: RerankResponse }
  /** The Responses API. */
  responses: { request: ResponsesRequest<false>; answer: ResponsesResponse }
  /** Anthropic's Messages API. */
  messages: { request: MessagesRequest<false>; answer: MessagesResponse }
  /** Google's generateContent. */
  generateContent: { request: GenerateContentRequest<false>; answer: GenerateContentResponse }
  /** Text completions. */
  textCompletion: { request: TextCompletionRequest<false>; answer: TextCompletion }
  /** Decisions. */
  decide: { request: DecideRequest; answer: DecideResponse }
  /** Moderation. */
  moderation: { request: ModerationRequest; answer: ModerationResponse }
}

/** The method that a batch calls. */
export type BatchMethod = keyof BatchShapes

/** A request of a batch: that of the method; with a Router also its options. */
export type BatchRequest<Method extends BatchMethod = 'completion'> = BatchShapes[Method]['request'] &
  Partial<RouterCallOptions>

/** A client or a Router, as far as a batch uses it: it needs the method of the batch, or `batches` for `via: 'provider'`. */
export type BatchTarget = { [Method in BatchMethod]?: (request: never) => Promise<unknown> } & {
  readonly batches?: Batches
  readonly files?: Files
}

/** State of a batch. */
export interface BatchProgress {
  /** Number of requests, if known. */
  readonly total: number | undefined
  /** Answered requests, those from the journal included. */
  readonly done: number
  /** Failed requests. */
  readonly failed: number
  /** Answers that an earlier run had written to the journal. */
  readonly fromJournal: number
  /** Calls that are running. */
  readonly inFlight: number
  /** Cost so far in US dollars, earlier runs included. Answers without a known price count 0. */
  readonly spent: number
  /** Finished calls per second, over the last seconds. */
  readonly perSecond: number
  /** Time since the start, in milliseconds. */
  readonly elapsedMs: number
  /** Expected time until the end, in milliseconds; undefined if unknown. */
  readonly timeLeftMs: number | undefined
}

/** Options of `batch()`. */
export interface BatchOptions<Method extends BatchMethod = 'completion'> {
  /** The method to call. @default 'completion' */
  method?: Method | undefined
  /** Calls at the same time. @default 16 */
  concurrency?: number | undefined
  /**
   * `request`: results have the order of the requests; a slow call delays those after it. `completion`: results come as they end.
   * @default 'request'
   */
  order?: 'request' | 'completion' | undefined
  /** Called with the state, at most ten times per second and at the end: `progressBar()`, or a function of your own. */
  onProgress?: ((progress: BatchProgress) => void) | undefined
  /** Number of requests, for progress over an iterable. @default the length of an array */
  total?: number | undefined
  /**
   * Most that the job may cost, in US dollars, earlier runs with the same journal included. A call starts only if its highest cost and
   * those of the calls in flight fit; else the job ends with a `BudgetExceededError`.
   */
  maxCost?: number | undefined
  /**
   * Highest cost of a request in US dollars, for `maxCost`. @default from the price table: the estimated prompt and `max_tokens`, or the
   * output limit of the model
   */
  estimate?: ((request: BatchRequest<Method>) => number) | undefined
  /** Path of a file that answers are written to as they come. A job that was killed continues from it. */
  journal?: string | undefined
  /**
   * When the journal is written through to the disk: after each answer, at most once per second, or by the operating system. Only a loss
   * of power or a crash of the system makes a difference. @default 'second'
   */
  sync?: 'answer' | 'second' | 'never' | undefined
  /** Stops the job. Calls in flight are aborted. */
  signal?: AbortSignal | undefined
  /**
   * `calls`: one call per request. `provider`: the provider's own batch API, at its lower price and within a day; one batch for each
   * model. For chat and embeddings, with a client. @default 'calls'
   */
  via?: 'calls' | 'provider' | undefined
  /** With `via: 'provider'`: time between two requests for the state of a batch, in milliseconds. @default 30_000 */
  pollInterval?: number | undefined
  /**
   * With `via: 'provider'`: what an abort, and leaving the loop, does to the batches at the provider. `detach` lets them run: a job with the
   * same journal continues with them. @default 'cancel'
   */
  onAbort?: 'cancel' | 'detach' | undefined
  /** With `via: 'provider'`: requests of one batch. @default the limit of the provider */
  batchSize?: number | undefined
  /** With `via: 'provider'`: further fields of `client.batches.create()`, such as `storage` and `role` of Bedrock. */
  create?: Pick<BatchCreateRequest, 'storage' | 'storageBase' | 'role' | 'metadata' | 'completion_window'> | undefined
}

interface BatchResultBase<Method extends BatchMethod> {
  /** Position of the request. */
  readonly index: number
  /** The request. */
  readonly request: BatchRequest<Method>
}

/** The result of one request. */
export type BatchResult<Method extends BatchMethod = 'completion'> =
  | (BatchResultBase<Method> & {
      readonly status: 'done'
      /** The answer. */
      readonly answer: BatchShapes[Method]['answer']
      /** True if an earlier run got the answer. Its `meta` then has the main facts only. */
      readonly fromJournal: boolean
    })
  | (BatchResultBase<Method> & {
      readonly status: 'failed'
      /** The error of the call, after all retries. */
      readonly error: AnyLLMError
    })

/** A running batch: iterate it for the results. Leaving the loop aborts the calls in flight. */
export interface Batch<Method extends BatchMethod = 'completion'> extends AsyncIterable<BatchResult<Method>> {
  /** State of the job. */
  readonly progress: BatchProgress
  /**
   * Runs the job to its end without its results, which are then in the journal or of no interest.
   * @throws {BudgetExceededError} if `maxCost` stopped it
   */
  finish(): Promise<BatchProgress>
}
