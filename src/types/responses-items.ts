/** A text, an image or a file shown to the model. */
export interface ResponsesInputPart {
  /** Type of the part. */
  type: 'input_text' | 'input_image' | 'input_file' | 'input_audio' | 'output_text' | (string & {})
  /** Text of the part. */
  text?: string
  /** `https:` or `data:` URL of an image. */
  image_url?: string | null
  /** Resolution of an image: `low`, `high` or `auto`. */
  detail?: string | null
  /** Id of an uploaded file. */
  file_id?: string | null
  /** Content of a file as a `data:` URI. */
  file_data?: string
  /** URL of a file. */
  file_url?: string
  /** Name of a file. */
  filename?: string
}

/** A message of the conversation. */
export interface ResponsesInputMessage {
  type?: 'message'
  role: 'user' | 'assistant' | 'system' | 'developer'
  /** Text, or parts such as text and images. */
  content: string | readonly ResponsesInputPart[]
  /** Id of an earlier output message. */
  id?: string
  /** Status of an earlier output message. */
  status?: string
  /** `commentary` for interim text, `final_answer` for the answer. */
  phase?: 'commentary' | 'final_answer' | null
}

/** The result of a tool call. */
export interface ResponsesToolOutput {
  type: 'function_call_output' | 'custom_tool_call_output'
  /** The `call_id` of the answered call. */
  call_id: string
  /** The result, as text or parts. */
  output: string | readonly ResponsesInputPart[]
  /** Id of the item. */
  id?: string | null
  /** Status of the item. */
  status?: string | null
}

/** An item of `input`, including items of an earlier answer's `output`. */
export type ResponsesInputItem =
  | ResponsesInputMessage
  | ResponsesToolOutput
  | ResponsesOutputItem
  | { type?: string | null; id?: string | null }

/** A citation of a web page or a file. */
export interface ResponsesCitation {
  /** Type of the cited source. */
  type: 'url_citation' | 'file_citation' | 'container_file_citation' | 'file_path' | (string & {})
  /** URL of the page. */
  url?: string
  /** Title of the page. */
  title?: string
  /** Start of the cited range of the text. */
  start_index?: number
  /** End of the cited range of the text. */
  end_index?: number
  /** Id of the file. */
  file_id?: string
  /** Name of the file. */
  filename?: string
  /** Position of a file citation in the text. */
  index?: number
}

/** A token with its log probability. */
export interface ResponsesLogprob {
  /** Text of the token. */
  token: string
  /** UTF-8 bytes of the token. */
  bytes?: number[] | null
  /** Natural logarithm of the probability. */
  logprob: number
  /** The most likely tokens at this position. */
  top_logprobs?: { token?: string; bytes?: number[] | null; logprob?: number }[]
}

/** A part of an output message. */
export type ResponsesOutputPart =
  | { type: 'output_text'; text: string; annotations: ResponsesCitation[]; logprobs?: ResponsesLogprob[] }
  | { type: 'refusal'; refusal: string }

/** A message of the model. */
export interface ResponsesMessage {
  type: 'message'
  /** Id of the item. */
  id: string
  role: 'assistant'
  /** Status of the item. */
  status: 'in_progress' | 'completed' | 'incomplete'
  /** Parts of the message. */
  content: ResponsesOutputPart[]
  /** `commentary` for interim text, `final_answer` for the answer. */
  phase?: 'commentary' | 'final_answer' | null
}

/** Reasoning of the model. Include it in the `input` of the next request. */
export interface ResponsesReasoningItem {
  type: 'reasoning'
  /** Id of the item. */
  id: string
  /** Summary of the reasoning. */
  summary: { type: 'summary_text'; text: string }[]
  /** Reasoning text, from models that show it. */
  content?: { type: 'reasoning_text'; text: string }[]
  /** Encrypted reasoning, with `include: ['reasoning.encrypted_content']`. */
  encrypted_content?: string | null
  /** Status of the item. */
  status?: 'in_progress' | 'completed' | 'incomplete'
}

/** A call of one of your functions. */
export interface ResponsesFunctionCall {
  type: 'function_call'
  /** Id to repeat in the `function_call_output`. */
  call_id: string
  /** Name of the function. */
  name: string
  /** JSON text of the model, which may be invalid. */
  arguments: string
  /** Id of the item. */
  id?: string
  /** Status of the item. */
  status?: 'in_progress' | 'completed' | 'incomplete'
}

/** A call of a tool with free text as input. */
export interface ResponsesCustomToolCall {
  type: 'custom_tool_call'
  /** Id to repeat in the `custom_tool_call_output`. */
  call_id: string
  /** Name of the tool. */
  name: string
  /** Input text. */
  input: string
  /** Id of the item. */
  id?: string
}

/** A call of a tool run by the provider, or another rare item. */
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
  /** Id of the item. */
  id?: string | null
  /** Status of the item. */
  status?: string | null
  /** Id of the call, for results. */
  call_id?: string | null
  /** Action of a web search, computer or shell call. */
  action?: unknown
  /** Code of the code interpreter. */
  code?: unknown
  /** Outputs of the code interpreter. */
  outputs?: unknown
  /** Queries of a file search. */
  queries?: unknown
  /** Results of a file search. */
  results?: unknown
  /** Generated image in base64. */
  result?: string | null
  /** Name of the tool. */
  name?: string
  /** Arguments of an MCP call. */
  arguments?: unknown
  /** Output of the tool. */
  output?: unknown
  /** Error of the tool. */
  error?: unknown
  /** Label of the MCP server. */
  server_label?: string
  /** Tools of an MCP server. */
  tools?: unknown
  /** Encrypted content of a compaction. */
  encrypted_content?: string | null
}

/** An item of an answer. */
export type ResponsesOutputItem =
  | ResponsesMessage
  | ResponsesReasoningItem
  | ResponsesFunctionCall
  | ResponsesCustomToolCall
  | ResponsesHostedItem
