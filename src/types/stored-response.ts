import type { CallMeta } from './meta.js'
import type { CallOptions } from './options.js'
import type { ResponsesParams, ResponsesResponse, ResponsesUsage } from './responses.js'
import type { ResponsesInputItem, ResponsesOutputItem } from './responses-items.js'

/** A response that a host has stored. */
export type StoredResponseRequest = CallOptions & {
  /** `provider/model` of the response: the provider decides the host. In a Router, the model group; optional there. */
  model: string
  /** Id of the response. */
  response_id: string
}

/** A request for a stored response. */
export type RetrieveResponseRequest<Stream extends boolean = boolean> = StoredResponseRequest & {
  /** Additional output, such as `reasoning.encrypted_content`. */
  include?: readonly string[] | null
  /** Stream the events of a background response that was created with `stream: true`. @default false */
  stream?: Stream | null
  /** Number of the last event that was read: the stream continues after it. */
  starting_after?: number | null
  /** Window that the response was created with (`background_options`), for its cost: responses do not report it. */
  completion_window?: CompletionWindow | null
}

/** Time in which a background response is made. The discounts of the longer ones are part of `meta.cost`. */
export type CompletionWindow = 'soonest' | '2h' | '8h'

/** A request for the input of a stored response. */
export type InputItemsRequest = StoredResponseRequest & {
  /** Id of the item before the page. */
  after?: string | null
  /** Items per page, 1 to 100. @default 20 */
  limit?: number | null
  /** Order by time. @default 'desc' */
  order?: 'asc' | 'desc' | null
  /** Additional output, such as `message.input_image.image_url`. */
  include?: readonly string[] | null
}

/** A page of the input of a stored response. */
export interface InputItemPage {
  object: 'list'
  /** The items. */
  data: (ResponsesInputItem & { id?: string })[]
  /** Id of the first item. */
  first_id: string | null
  /** Id of the last item, for `after` of the next page. */
  last_id: string | null
  /** True if there are more items. */
  has_more: boolean
  /** Facts about the request. Not enumerable. */
  readonly meta: CallMeta
}

/** A deleted response. */
export interface DeletedResponse {
  /** Id of the response. */
  id: string
  /** Always true. */
  deleted: boolean
  /** Facts about the request. Not enumerable. */
  readonly meta: CallMeta
}

/**
 * Responses that hosts have stored. Requests about them cost nothing: they are no calls for limits, callbacks and `onSettled`, and
 * `meta.cost` of a retrieved response is that of the response.
 * @typeParam Target the field that selects the host
 */
export interface StoredResponses<Target = unknown> {
  /**
   * A stored response: of a background response, its state so far.
   * @throws {NotFoundError} if the host has no such response
   * @throws {BadRequestError} if the host stores none
   * @example
   * const { id } = await client.responses({ model: 'openai/gpt-5', input, background: true })
   * const { status } = await client.storedResponses.retrieve({ model: 'openai/gpt-5', response_id: id })
   */
  retrieve<const Stream extends boolean = false>(
    request: Retarget<RetrieveResponseRequest<Stream>, Target>,
  ): Promise<RetrieveResult<Stream>>

  /**
   * Ends a background response. A response that has ended is returned as it is.
   * @throws {LLMError} the class depends on the failure
   */
  cancel(request: Retarget<StoredResponseRequest, Target>): Promise<ResponsesResponse>

  /**
   * Deletes a response at its host.
   * @throws {LLMError} the class depends on the failure
   */
  delete(request: Retarget<StoredResponseRequest, Target>): Promise<DeletedResponse>

  /**
   * The items that a response was made from, in pages.
   * @throws {LLMError} the class depends on the failure
   */
  inputItems(request: Retarget<InputItemsRequest, Target>): Promise<InputItemPage>
}

/** The request with another way to name the host. */
export type Retarget<Request, Target> = unknown extends Target ? Request : Omit<Request, 'model'> & Target

/** A stream for `stream: true`, else a response. */
export type RetrieveResult<Stream extends boolean> = boolean extends Stream
  ? ResponsesResponse | ResponsesStreamLike
  : Stream extends true
    ? ResponsesStreamLike
    : ResponsesResponse

/** The stream that `responses()` returns. */
export type ResponsesStreamLike = import('../call/responses-stream.js').ResponsesStream

/** Parameters of a compaction in snake_case: https://platform.openai.com/docs/api-reference/responses/compact */
export interface CompactResponseParams
  extends Pick<
    ResponsesParams,
    'model' | 'input' | 'instructions' | 'previous_response_id' | 'prompt_cache_key' | 'service_tier' | 'extra_body'
  > {}

/** A request for the compaction of a conversation. */
export type CompactResponseRequest = CompactResponseParams & CallOptions

/** A compacted conversation: `output` is the input of the next request. */
export interface CompactResponseResponse {
  /** Id of the answer. */
  id: string
  object: 'response.compaction'
  /** Unix time in seconds. */
  created_at: number
  /** The messages of the user, and one item that stands for the rest. */
  output: (ResponsesOutputItem | ResponsesInputItem)[]
  /** Token usage. */
  usage?: ResponsesUsage | null
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}
