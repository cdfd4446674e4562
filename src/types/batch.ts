import type { AnyLLMError } from '../errors.js'
import type { FileInput } from './bytes.js'
import type { ChatCompletion, ChatParams, ResponseFormatInput } from './chat.js'
import type { EmbeddingParams, EmbeddingResponse } from './embedding.js'
import type { CallOptions } from './options.js'

/** State of a batch at its provider, by OpenAI's names. `completed`, `failed`, `expired` and `cancelled` are ends. */
export type BatchStatus =
  | 'validating'
  | 'in_progress'
  | 'finalizing'
  | 'cancelling'
  | 'completed'
  | 'failed'
  | 'expired'
  | 'cancelled'

/** A batch of a provider, in OpenAI's form. Times are Unix seconds. */
export interface BatchObject {
  /** The provider's id. */
  id: string
  object: 'batch'
  /** Prefix of the provider, such as `openai`. */
  provider: string
  /** The provider's name of the model, if the batch names one. */
  model?: string | undefined
  /** The label that the batch was made with, if the provider keeps it. */
  name?: string | undefined
  /** The provider's API that runs the requests, such as `/v1/chat/completions`. */
  endpoint: string
  /** State. */
  status: BatchStatus
  /** Number of requests. While a batch is being validated, some providers report 0. */
  request_counts: { total: number; completed: number; failed: number }
  /** When it was made. */
  created_at: number
  /** When it ended. */
  ended_at?: number | undefined
  /** When requests that have not run expire. */
  expires_at?: number | undefined
  /** The file with the requests: an id, or a URI of a bucket. */
  input_file_id?: string | undefined
  /** The file with the answers. */
  output_file_id?: string | undefined
  /** The file with the failures, at providers that keep them apart. */
  error_file_id?: string | undefined
  /** Why the provider rejected the batch. `line` counts from 1. */
  errors?: readonly { message: string; code?: string | undefined; line?: number | undefined }[] | undefined
  /** The caller's own fields, if the provider keeps them. */
  metadata?: Readonly<Record<string, string>> | undefined
}

/** A batch by its provider and id. A `BatchObject` is one. */
export interface BatchReference {
  /** Prefix of the provider, such as `openai`. */
  provider: string
  /** The provider's id. */
  id: string
}

/** Requests and answers by the method of a batch. */
export interface BatchOperations {
  completion: { request: BatchChatRequest; answer: ChatCompletion }
  embedding: { request: BatchEmbeddingRequest; answer: EmbeddingResponse }
}

/** The method whose requests a batch has. */
export type BatchOperation = keyof BatchOperations

/** A chat request of a batch, as `completion()` takes it. Its model is that of the batch. */
export type BatchChatRequest = Omit<ChatParams, 'model' | 'stream' | 'response_format'> & {
  /** Left out, or the model of the batch. */
  model?: string | undefined
  /** OpenAI's object, or a schema. */
  response_format?: ResponseFormatInput | undefined
}

/** An embedding request of a batch, as `embedding()` takes it. Its model is that of the batch. */
export type BatchEmbeddingRequest = Omit<EmbeddingParams, 'model'> & {
  /** Left out, or the model of the batch. */
  model?: string | undefined
}

/** A batch to make. */
export type BatchCreateRequest<Method extends BatchOperation = BatchOperation> = CallOptions & {
  /** `provider/model`, for all requests. */
  model: string
  /** The requests: an array or any iterable. They are written to a file one by one. */
  requests: Iterable<BatchOperations[Method]['request']> | AsyncIterable<BatchOperations[Method]['request']>
  /** The method that would send one request. @default 'completion' */
  method?: Method | undefined
  /** Called for each request that is wrong, with its position; it is left out. @default none: the first one throws */
  onInvalid?: ((index: number, error: AnyLLMError) => void) | undefined
  /** A label, letters, digits and `-`. @default `llmux-` and random letters */
  name?: string | undefined
  /** Fields of the caller's own, for providers that keep them (OpenAI, Azure, Groq, Mistral). */
  metadata?: Readonly<Record<string, string>> | undefined
  /** Time after which requests expire, such as `24h`; which are possible depends on the provider. @default '24h' */
  completion_window?: string | undefined
  /** Bucket and folder of the files, `s3://bucket/folder` or `gs://bucket/folder`: required by Bedrock and Vertex AI. */
  storage?: string | undefined
  /** Base URL of the bucket's service, if it is not the provider's own. @default S3 of the region, or storage.googleapis.com */
  storageBase?: string | undefined
  /** ARN of the service role that may read and write the bucket: required by Bedrock. */
  role?: string | undefined
}

/** One result of a batch. */
export type BatchItem<Method extends BatchOperation = 'completion'> =
  | {
      /** Position of the request. */
      readonly index: number
      readonly status: 'done'
      /** The answer; the cost in its `meta` has the price of the batch API. */
      readonly answer: BatchOperations[Method]['answer']
    }
  | {
      readonly index: number
      readonly status: 'failed'
      /** The failure. Requests that did not run have an error too. */
      readonly error: AnyLLMError
    }

/** Options of the results of a batch. */
export type BatchResultsOptions = CallOptions & {
  /**
   * The requests of the batch once more, in the same order. Needed for answers to schemas and for tools whose names were changed;
   * other answers are read without them.
   */
  requests?: Iterable<object> | AsyncIterable<object> | undefined
  /** `request`: in the order of the requests; `completion`: in the order of the provider's file. @default 'request' */
  order?: 'request' | 'completion' | undefined
  /** False for results that were read before: callbacks and `onSettled` don't get them again. @default true */
  report?: boolean | undefined
  /** Base URL of the bucket's service. See {@link BatchCreateRequest}. */
  storageBase?: string | undefined
}

/** A page-wise list; iterate it. */
export type BatchListRequest = CallOptions & {
  /** Prefix of the provider. */
  provider: string
  /** Batches at most. @default all */
  limit?: number | undefined
}

/** How to wait for a batch. */
export type BatchWaitOptions = CallOptions & {
  /** Time between two requests for the state, in milliseconds. @default 30_000 */
  pollInterval?: number | undefined
  /** Called with each state. */
  onProgress?: ((batch: BatchObject) => void) | undefined
}

/** Batches of the providers: requests at a lower price, with answers within a day. */
export interface Batches {
  /**
   * Makes a batch: writes the requests in the provider's form, uploads them and starts it.
   * @throws {BadRequestError} if a request is wrong or the batch exceeds a limit of the provider; then nothing was sent
   * @example
   * const batch = await client.batches.create({ model: 'anthropic/claude-haiku-4-5', requests })
   */
  create<Method extends BatchOperation = 'completion'>(request: BatchCreateRequest<Method>): Promise<BatchObject>
  /**
   * State of a batch.
   * @throws {NotFoundError} if the provider has no such batch
   */
  retrieve(batch: BatchReference, options?: CallOptions): Promise<BatchObject>
  /**
   * Cancels a batch. Requests that have run are billed, and their results stay.
   * @throws {LLMError} the class depends on the failure
   */
  cancel(batch: BatchReference, options?: CallOptions): Promise<BatchObject>
  /** Batches of an account, the newest first. Pages are requested as they are needed. */
  list(request: BatchListRequest): AsyncIterable<BatchObject>
  /**
   * Waits for the end of a batch, without a limit of time.
   * @throws {AbortError} if `signal` is aborted; the batch goes on
   */
  wait(batch: BatchReference, options?: BatchWaitOptions): Promise<BatchObject>
  /**
   * Results of a batch that has ended, read as a stream.
   * @throws {BadRequestError} if the batch has not ended, or the provider rejected it: with the line and the reason
   * @example
   * for await (const item of client.batches.results(batch)) {
   *   if (item.status === 'done') save(item.index, item.answer)
   *   else report(item.index, item.error)
   * }
   */
  results<Method extends BatchOperation = 'completion'>(
    batch: BatchReference,
    options?: BatchResultsOptions,
  ): AsyncIterable<BatchItem<Method>>
}

/** A file of a provider, in OpenAI's form. Times are Unix seconds. */
export interface FileObject {
  /** The provider's id, or the URI of an object in a bucket. */
  id: string
  object: 'file'
  /** Prefix of the provider. */
  provider: string
  /** Size. */
  bytes: number
  filename: string
  /** Purpose at the provider, such as `batch`; empty if it has none. */
  purpose: string
  created_at: number
  expires_at?: number | undefined
  /** Media type, if the provider reports it. */
  type?: string | undefined
}

/** A file by its provider and id. A `FileObject` is one. */
export interface FileReference {
  /** Prefix of the provider. */
  provider: string
  /** The provider's id. */
  id: string
}

/** A file to upload. */
export type FileCreateRequest = CallOptions & {
  /** Prefix of the provider. */
  provider: string
  /**
   * The content. A `Blob` and a `FileOpener` are read as they are sent: `await openAsBlob(path)` of `node:fs` for a file of any size. An
   * iterable is read once, so that a failed upload is not repeated.
   */
  file: FileInput | AsyncIterable<Uint8Array>
  /** @default the name of a `File`, or `file.jsonl` */
  filename?: string | undefined
  /** Purpose at the provider. @default 'batch' */
  purpose?: string | undefined
  /** URI of the object, `s3://bucket/key` or `gs://bucket/key`: required by Bedrock and Vertex AI. */
  storage?: string | undefined
  /** Base URL of the bucket's service, if it is not the provider's own. */
  storageBase?: string | undefined
}

/** Files to list. */
export type FileListRequest = CallOptions & {
  /** Prefix of the provider. */
  provider: string
  /** Files at most. @default all */
  limit?: number | undefined
  /** `s3://bucket/folder` or `gs://bucket/folder`: required by Bedrock and Vertex AI. */
  storage?: string | undefined
  /** Base URL of the bucket's service, if it is not the provider's own. */
  storageBase?: string | undefined
}

/** Options of a request about a file. */
export type FileOptions = CallOptions & {
  /** Base URL of the bucket's service, if it is not the provider's own. */
  storageBase?: string | undefined
}

/** Files of the providers. */
export interface Files {
  /**
   * Uploads a file.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const file = await client.files.create({ provider: 'openai', file: await openAsBlob('requests.jsonl') })
   */
  create(request: FileCreateRequest): Promise<FileObject>
  /**
   * Facts about a file.
   * @throws {NotFoundError} if the provider has no such file
   */
  retrieve(file: FileReference, options?: FileOptions): Promise<FileObject>
  /** Files of an account. Pages are requested as they are needed. */
  list(request: FileListRequest): AsyncIterable<FileObject>
  /**
   * Content of a file, as a stream. A download that breaks is continued.
   * @example
   * await writeFile('answers.jsonl', client.files.content(file))
   */
  content(file: FileReference, options?: FileOptions): AsyncIterable<Uint8Array>
  /**
   * Deletes a file.
   * @throws {NotFoundError} if the provider has no such file
   */
  delete(file: FileReference, options?: FileOptions): Promise<{ id: string; deleted: boolean }>
}
