import type { Json } from '../json.js'
import { type KnownFields, type UnknownField, unknownField } from './fields.js'

/** All fields of version 2 of the API; it rejects any other. https://docs.cohere.com/reference/chat */
const objects: KnownFields = {
  chat: {
    model: '',
    messages: 'message',
    stream: '',
    tools: 'tool',
    strict_tools: '',
    documents: '',
    citation_options: '',
    response_format: 'format',
    safety_mode: '',
    max_tokens: '',
    stop_sequences: '',
    temperature: '',
    seed: '',
    frequency_penalty: '',
    presence_penalty: '',
    k: '',
    p: '',
    logprobs: '',
    tool_choice: '',
    thinking: 'thinking',
    priority: '',
  },
  message: { role: '', content: 'part', tool_calls: 'call', tool_plan: '', citations: '', tool_call_id: '' },
  part: { type: '', text: '', image_url: 'image', document: 'document', thinking: '' },
  image: { url: '', detail: '' },
  document: { id: '', data: '' },
  call: { id: '', type: '', function: 'called' },
  called: { name: '', arguments: '' },
  tool: { type: '', function: 'function' },
  function: { name: '', description: '', parameters: '' },
  // the second is the original name
  format: { type: '', json_schema: '', schema: '' },
  thinking: { type: '', token_budget: '' },
  embed: {
    model: '',
    input_type: '',
    texts: '',
    images: '',
    inputs: '',
    max_tokens: '',
    output_dimension: '',
    embedding_types: '',
    truncate: '',
    priority: '',
  },
  rerank: { model: '', query: '', documents: '', top_n: '', max_tokens_per_doc: '', priority: '' },
  tokenize: { model: '', text: '' },
}

/** Finds the first unknown field of a request. */
export function unknownParameter(body: Json, object: string): UnknownField | undefined {
  return unknownField(body, object, (of, name) => objects[of]?.[name])
}
