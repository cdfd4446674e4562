import type { CallMeta } from './meta.js'
import type {
  ResponsesInputItem,
  ResponsesLogprob,
  ResponsesOutputItem,
  ResponsesOutputPart,
} from './responses-items.js'

/** A tool that the model may call: your own function, or a tool run by OpenAI (`web_search`, `file_search`, `mcp`, …). */
export type ResponsesTool = ResponsesFunctionTool | { type: string }

/** A function that the model may call. */
export interface ResponsesFunctionTool {
  type: 'function'
  /** Name of the function. */
  name: string
  /** Purpose of the function. */
  description?: string | null
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown> | null
  /** Guarantees arguments that match the schema. @default true */
  strict: boolean | null
}

/** Reasoning settings. */
export interface ResponsesReasoning {
  /** Amount of reasoning, such as `low` or `high`. */
  effort?: string | null
  /** Return a summary of the reasoning. */
  summary?: 'auto' | 'concise' | 'detailed' | (string & {}) | null
}

/** Settings of text output. */
export interface ResponsesTextOptions {
  /** Format of the answer: text, JSON, or a JSON Schema. */
  format?: { type: string }
  /** Length and detail of the answer. @default 'medium' */
  verbosity?: 'low' | 'medium' | 'high' | null
}

/** Parameters of a Responses request in snake_case: https://platform.openai.com/docs/api-reference/responses/create */
export interface ResponsesParams {
  /** `provider/model`, or the name of a known model. */
  model: string
  /** Text, or the items of the conversation. */
  input?: string | readonly ResponsesInputItem[]
  /** System message before all input. */
  instructions?: string | null
  /** Tools that the model may call. */
  tools?: readonly ResponsesTool[]
  /** Controls tool calls: `auto`, `none`, `required`, or a tool. @default 'auto' */
  tool_choice?: string | { type: string }
  /** Allow several tool calls at once. @default true */
  parallel_tool_calls?: boolean | null
  /** Maximum number of calls of built-in tools. */
  max_tool_calls?: number | null
  /** Maximum tokens of the answer, including reasoning. */
  max_output_tokens?: number | null
  /** Sampling temperature, 0 to 2. @default 1 */
  temperature?: number | null
  /** Nucleus sampling: considers only the most likely tokens with this total probability, 0 to 1. @default 1 */
  top_p?: number | null
  /** Number of alternatives per token, 0 to 20. */
  top_logprobs?: number | null
  /** Reasoning settings. */
  reasoning?: ResponsesReasoning | null
  /** Settings of text output. */
  text?: ResponsesTextOptions
  /** Additional output, such as `reasoning.encrypted_content`. */
  include?: readonly string[] | null
  /** Id of the stored answer that this request continues. */
  previous_response_id?: string | null
  /** Stored conversation that this request belongs to. */
  conversation?: string | { id: string } | null
  /** Let the provider store the answer. @default true */
  store?: boolean | null
  /** Return immediately with status `queued` and continue in the background. @default false */
  background?: boolean | null
  /** Window of a background response: `2h` and `8h` cost less, and need the standard tier and no stream. */
  background_options?: { completion_window?: 'soonest' | '2h' | '8h'; continuation_id?: string } | null
  /** `auto` drops the oldest items of an oversized input; `disabled` fails. @default 'disabled' */
  truncation?: 'auto' | 'disabled' | null
  /** Labels stored with the answer, at most 16 keys. */
  metadata?: Record<string, string> | null
  /** Processing tier: price and latency of the call. @default 'auto' */
  service_tier?: 'auto' | 'default' | 'flex' | 'scale' | 'priority' | (string & {}) | null
  /** Reference to a stored prompt template. */
  prompt?: { id: string } | null
  /** Routes requests with a common prefix to the same prompt cache. */
  prompt_cache_key?: string | null
  /** Lifetime of cached prompt prefixes, such as `24h`. */
  prompt_cache_retention?: string | null
  /** Stable, anonymous id of your end user, for abuse detection. */
  safety_identifier?: string | null
  /** Id of your end user. @deprecated by OpenAI: use `safety_identifier` and `prompt_cache_key` */
  user?: string
  /** Stream the answer. @default false */
  stream?: boolean | null
  /** Settings of the stream. */
  stream_options?: { include_obfuscation?: boolean } | null
  /** Merged last into the provider's body, unchanged: for fields without a type here. */
  extra_body?: Record<string, unknown>
}

/** Token usage in the API's own terms. `meta.usage` has it by llmux's definition. */
export interface ResponsesUsage {
  /** Tokens of the input, including cached ones. */
  input_tokens: number
  /** Tokens of the output, including reasoning. */
  output_tokens: number
  /** Sum of input and output tokens. */
  total_tokens: number
  /** Parts of `input_tokens`. */
  input_tokens_details?: { cached_tokens?: number; cache_write_tokens?: number }
  /** Parts of `output_tokens`. */
  output_tokens_details?: { reasoning_tokens?: number }
}

/** An answer of the Responses API: https://platform.openai.com/docs/api-reference/responses/object */
export interface ResponsesResponse {
  /** Id of the answer, for `previous_response_id`. */
  id: string
  object: 'response'
  /** Unix time in seconds. */
  created_at: number
  /** The answering model, as named by the provider. */
  model: string
  /** Status of the answer. */
  status?: 'completed' | 'failed' | 'in_progress' | 'cancelled' | 'queued' | 'incomplete'
  /** Items of the answer. */
  output: ResponsesOutputItem[]
  /** Error of a failed answer. */
  error: { code: string; message: string } | null
  /** Reason of an incomplete answer. */
  incomplete_details: { reason?: 'max_output_tokens' | 'content_filter' | (string & {}) } | null
  /** Token usage. */
  usage?: ResponsesUsage | null
  /** Processing tier that was used. */
  service_tier?: string | null
  /** Id of the answer that this one continues. */
  previous_response_id?: string | null
  /** Labels of the request. */
  metadata?: Record<string, string> | null
  /** Text of `output`, joined by llmux. Not part of the API's response. */
  output_text: string
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

interface EventOf<Type extends string> {
  type: Type
  sequence_number: number
}

/** An event of one item of the answer. */
interface ItemEvent<Type extends string> extends EventOf<Type> {
  output_index: number
  item_id: string
}

/** An event of one command of a shell call. */
interface CommandEvent<Type extends string> extends EventOf<Type> {
  output_index: number
  command_index: number
}

interface PartEvent<Type extends string> extends ItemEvent<Type> {
  content_index: number
}

type Snapshot = Omit<ResponsesResponse, 'meta' | 'output_text'>

/** An event of a stream: https://platform.openai.com/docs/api-reference/responses-streaming */
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
  | (ItemEvent<'response.function_call_arguments.done' | 'response.mcp_call_arguments.done'> & {
      arguments: string
      name?: string
    })
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
      | 'response.compaction.compacting'
    >
  | ItemEvent<'response.compaction.compacting'>
  | (CommandEvent<'response.shell_call_command.added' | 'response.shell_call_command.done'> & { command: string })
  | (CommandEvent<'response.shell_call_command.delta'> & { delta: string })
  | (CommandEvent<'response.shell_call_output_content.delta'> & {
      item_id: string
      delta: { stdout?: string; stderr?: string }
    })
  | (CommandEvent<'response.shell_call_output_content.done'> & {
      item_id: string
      output: { stdout: string; stderr: string; outcome: { type: string; exit_code?: number } }[]
    })
  | (EventOf<'response.audio.delta' | 'response.audio.transcript.delta'> & { delta: string })
  | EventOf<'response.audio.done' | 'response.audio.transcript.done'>
