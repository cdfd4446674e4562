import type { CallMeta } from './meta.js'

/**
 * OpenAI's Responses API, as it stands on the wire: nothing is renamed. What is rare is typed loosely, and passes all the same.
 * https://platform.openai.com/docs/api-reference/responses
 */

/** A text, an image or a file that is shown to the model. */
export interface ResponsesInputPart {
  type: 'input_text' | 'input_image' | 'input_file' | 'input_audio' | 'output_text' | (string & {})
  text?: string
  /** `https:` or `data:` URL. */
  image_url?: string | null
  detail?: string | null
  file_id?: string | null
  /** A `data:` URI. */
  file_data?: string
  file_url?: string
  filename?: string
}

/** A turn of the conversation. */
export interface ResponsesInputMessage {
  type?: 'message'
  role: 'user' | 'assistant' | 'system' | 'developer'
  content: string | readonly ResponsesInputPart[]
  id?: string
  status?: string
  phase?: 'commentary' | 'final_answer' | null
}

/** The result of a tool that the model has called. */
export interface ResponsesToolOutput {
  type: 'function_call_output' | 'custom_tool_call_output'
  /** The `call_id` of the call that this answers. */
  call_id: string
  output: string | readonly ResponsesInputPart[]
  id?: string | null
  status?: string | null
}

/** What a request's `input` may hold, the items of an earlier answer's `output` among them. */
export type ResponsesInputItem =
  | ResponsesInputMessage
  | ResponsesToolOutput
  | ResponsesOutputItem
  | { type?: string | null; id?: string | null }

/** A tool that the model may call: a function of yours, or one that OpenAI runs (`web_search`, `file_search`, `mcp`, …). */
export type ResponsesTool = ResponsesFunctionTool | { type: string }

export interface ResponsesFunctionTool {
  type: 'function'
  name: string
  description?: string | null
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown> | null
  /** @default true */
  strict: boolean | null
}

export interface ResponsesReasoning {
  effort?: string | null
  summary?: 'auto' | 'concise' | 'detailed' | (string & {}) | null
}

export interface ResponsesTextOptions {
  format?: { type: string }
  verbosity?: 'low' | 'medium' | 'high' | null
}

/** The snake_case half of a Responses request: https://platform.openai.com/docs/api-reference/responses/create */
export interface ResponsesParams {
  /** `provider/model`, or a known model's bare name. */
  model: string
  input?: string | readonly ResponsesInputItem[]
  /** A system message before everything else. */
  instructions?: string | null
  tools?: readonly ResponsesTool[]
  tool_choice?: string | { type: string }
  parallel_tool_calls?: boolean | null
  max_tool_calls?: number | null
  max_output_tokens?: number | null
  temperature?: number | null
  top_p?: number | null
  top_logprobs?: number | null
  reasoning?: ResponsesReasoning | null
  text?: ResponsesTextOptions
  /** What the answer is to hold that it does not by itself, such as `reasoning.encrypted_content`. */
  include?: readonly string[] | null
  /** The answer that this one goes on from, where the provider keeps them. */
  previous_response_id?: string | null
  conversation?: string | { id: string } | null
  /** Whether the provider keeps the answer. @default true, of the API */
  store?: boolean | null
  /** Answers at once, with status `queued`. */
  background?: boolean | null
  truncation?: 'auto' | 'disabled' | null
  metadata?: Record<string, string> | null
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | (string & {}) | null
  prompt?: { id: string } | null
  prompt_cache_key?: string | null
  prompt_cache_retention?: string | null
  safety_identifier?: string | null
  user?: string
  stream?: boolean | null
  stream_options?: { include_obfuscation?: boolean } | null
  /** Merged into the provider's body last, untouched: for fields that have no type here. */
  extra_body?: Record<string, unknown>
}

export interface ResponsesCitation {
  type: 'url_citation' | 'file_citation' | 'container_file_citation' | 'file_path' | (string & {})
  url?: string
  title?: string
  start_index?: number
  end_index?: number
  file_id?: string
  filename?: string
  index?: number
}

export interface ResponsesLogprob {
  token: string
  bytes?: number[] | null
  logprob: number
  top_logprobs?: { token?: string; bytes?: number[] | null; logprob?: number }[]
}

export type ResponsesOutputPart =
  | { type: 'output_text'; text: string; annotations: ResponsesCitation[]; logprobs?: ResponsesLogprob[] }
  | { type: 'refusal'; refusal: string }

/** What the model says. */
export interface ResponsesMessage {
  type: 'message'
  id: string
  role: 'assistant'
  status: 'in_progress' | 'completed' | 'incomplete'
  content: ResponsesOutputPart[]
  /** What it says on the way to its answer is `commentary`. */
  phase?: 'commentary' | 'final_answer' | null
}

/** What it thought before: put it into the next request's `input`. */
export interface ResponsesReasoningItem {
  type: 'reasoning'
  id: string
  summary: { type: 'summary_text'; text: string }[]
  content?: { type: 'reasoning_text'; text: string }[]
  /** With `include: ['reasoning.encrypted_content']`. */
  encrypted_content?: string | null
  status?: 'in_progress' | 'completed' | 'incomplete'
}

/** A call of a function of yours. */
export interface ResponsesFunctionCall {
  type: 'function_call'
  /** To be repeated in its `function_call_output`. */
  call_id: string
  name: string
  /** JSON text, as the model wrote it: parse it with care. */
  arguments: string
  id?: string
  status?: 'in_progress' | 'completed' | 'incomplete'
}

/** A call of a tool whose input is free text. */
export interface ResponsesCustomToolCall {
  type: 'custom_tool_call'
  call_id: string
  name: string
  input: string
  id?: string
}

/** A call of a tool that the provider runs, or another item that is rare. */
export interface ResponsesHostedItem {
  type:
    | 'additional_tools'
    | 'apply_patch_call'
    | 'apply_patch_call_output'
    | 'code_interpreter_call'
    | 'compaction'
    | 'computer_call'
    | 'computer_call_output'
    | 'custom_tool_call_output'
    | 'file_search_call'
    | 'function_call_output'
    | 'image_generation_call'
    | 'local_shell_call'
    | 'local_shell_call_output'
    | 'mcp_approval_request'
    | 'mcp_approval_response'
    | 'mcp_call'
    | 'mcp_list_tools'
    | 'program'
    | 'program_output'
    | 'shell_call'
    | 'shell_call_output'
    | 'tool_search_call'
    | 'tool_search_output'
    | 'web_search_call'
  id?: string | null
  status?: string | null
  call_id?: string | null
  /** What a web search, computer or shell call does. */
  action?: unknown
  /** Code of the code interpreter. */
  code?: unknown
  outputs?: unknown
  /** Of a file search. */
  queries?: unknown
  results?: unknown
  /** Base64 of an image that was made. */
  result?: string | null
  name?: string
  arguments?: unknown
  output?: unknown
  error?: unknown
  server_label?: string
  tools?: unknown
  encrypted_content?: string | null
}

export type ResponsesOutputItem =
  | ResponsesMessage
  | ResponsesReasoningItem
  | ResponsesFunctionCall
  | ResponsesCustomToolCall
  | ResponsesHostedItem

/** Tokens, as the API counts them. `meta.usage` has the same by llmux's one definition. */
export interface ResponsesUsage {
  input_tokens: number
  output_tokens: number
  total_tokens: number
  input_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number }
  output_tokens_details?: { reasoning_tokens?: number }
}

/** An answer: https://platform.openai.com/docs/api-reference/responses/object */
export interface ResponsesResponse {
  id: string
  object: 'response'
  /** Unix time in seconds. */
  created_at: number
  /** The model that answered, as the provider names it. */
  model: string
  status?: 'completed' | 'failed' | 'in_progress' | 'cancelled' | 'queued' | 'incomplete'
  output: ResponsesOutputItem[]
  error: { code: string; message: string } | null
  incomplete_details: { reason?: 'max_output_tokens' | 'content_filter' | (string & {}) } | null
  usage?: ResponsesUsage | null
  service_tier?: string | null
  previous_response_id?: string | null
  metadata?: Record<string, string> | null
  /** The text of `output`, put together by llmux. Not on the wire. */
  output_text: string
  /** How the call went. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

interface EventOf<Type extends string> {
  type: Type
  sequence_number: number
}

/** Where in the answer an event belongs. */
interface ItemEvent<Type extends string> extends EventOf<Type> {
  output_index: number
  item_id: string
}

interface PartEvent<Type extends string> extends ItemEvent<Type> {
  content_index: number
}

type Snapshot = Omit<ResponsesResponse, 'meta' | 'output_text'>

/** One event of a stream: https://platform.openai.com/docs/api-reference/responses-streaming */
export type ResponsesEvent =
  | (EventOf<
      | 'response.created'
      | 'response.queued'
      | 'response.in_progress'
      | 'response.completed'
      | 'response.incomplete'
      | 'response.failed'
    > & { response: Snapshot })
  | (EventOf<'response.output_item.added' | 'response.output_item.done'> & {
      output_index: number
      item: ResponsesOutputItem
    })
  | (PartEvent<'response.content_part.added' | 'response.content_part.done'> & {
      part: ResponsesOutputPart | { type: 'reasoning_text'; text: string }
    })
  | (PartEvent<'response.output_text.delta'> & { delta: string; logprobs?: ResponsesLogprob[] })
  | (PartEvent<'response.output_text.done'> & { text: string; logprobs?: ResponsesLogprob[] })
  | (PartEvent<'response.output_text.annotation.added'> & { annotation: unknown; annotation_index: number })
  | (PartEvent<'response.refusal.delta' | 'response.reasoning_text.delta'> & { delta: string })
  | (PartEvent<'response.refusal.done'> & { refusal: string })
  | (PartEvent<'response.reasoning_text.done'> & { text: string })
  | (ItemEvent<'response.reasoning_summary_part.added' | 'response.reasoning_summary_part.done'> & {
      summary_index: number
      part: { type: 'summary_text'; text: string }
    })
  | (ItemEvent<'response.reasoning_summary_text.delta'> & { summary_index: number; delta: string })
  | (ItemEvent<'response.reasoning_summary_text.done'> & { summary_index: number; text: string })
  | (ItemEvent<
      | 'response.function_call_arguments.delta'
      | 'response.mcp_call_arguments.delta'
      | 'response.custom_tool_call_input.delta'
      | 'response.code_interpreter_call_code.delta'
    > & { delta: string })
  | (ItemEvent<'response.function_call_arguments.done' | 'response.mcp_call_arguments.done'> & { arguments: string })
  | (ItemEvent<'response.custom_tool_call_input.done'> & { input: string })
  | (ItemEvent<'response.code_interpreter_call_code.done'> & { code: string })
  | (ItemEvent<'response.image_generation_call.partial_image'> & {
      partial_image_b64: string
      partial_image_index: number
    })
  | ItemEvent<
      | `response.${'web_search_call' | 'file_search_call'}.${'in_progress' | 'searching' | 'completed'}`
      | `response.code_interpreter_call.${'in_progress' | 'interpreting' | 'completed'}`
      | `response.image_generation_call.${'in_progress' | 'generating' | 'completed'}`
      | `response.${'mcp_call' | 'mcp_list_tools'}.${'in_progress' | 'completed' | 'failed'}`
    >
  | (EventOf<'response.audio.delta' | 'response.audio.transcript.delta'> & { delta: string })
  | EventOf<'response.audio.done' | 'response.audio.transcript.done'>
