import { z } from 'zod'
import {
  anyObject,
  anyValue,
  boolean,
  component,
  integer,
  maybeString,
  number,
  type Operation,
  type Operations,
  open,
  string,
} from './parts.js'

const tag = 'Calls of models'

const message = open({ role: z.string(), content: z.unknown().optional() })
const model = z.string().describe('A model group, an alias, or a name behind a wildcard.')

const usage = open({ prompt_tokens: number, completion_tokens: number.optional(), total_tokens: number })

const chatRequest = component(
  'ChatRequest',
  open({
    model,
    messages: z.array(message).min(1),
    stream: z.boolean().nullish(),
    max_tokens: z.int().nullish(),
    max_completion_tokens: z.int().nullish(),
    temperature: z.number().nullish(),
    tools: z.array(anyObject).nullish(),
    tool_choice: z.unknown().optional(),
    response_format: anyObject.nullish(),
    reasoning_effort: z.string().nullish(),
    user: z.string().nullish().describe('The customer of the call.'),
    metadata: anyObject.nullish(),
    tags: z.array(z.string()).nullish(),
    cache: anyObject.nullish().describe('`{ "no-cache": true }`, `{ "ttl": 60 }`, …'),
    num_retries: z.int().min(0).nullish(),
    fallbacks: z.unknown().optional(),
  }),
  "A request of OpenAI's chat API. Further fields go to the provider.",
)

const chatAnswer = component(
  'ChatCompletion',
  open({
    id: string,
    object: string,
    created: integer,
    model: string,
    choices: z.array(
      open({
        index: integer,
        message: open({ role: string, content: maybeString }),
        finish_reason: maybeString,
      }),
    ),
    usage: usage.optional(),
  }),
)

const chatChunk = component(
  'ChatCompletionChunk',
  open({
    id: string,
    object: string,
    created: integer,
    model: string,
    choices: z.array(open({ index: integer, delta: anyObject, finish_reason: maybeString.optional() })),
  }),
)

const chat: Operation = {
  tag,
  summary: 'Chat',
  description: 'With `stream: true` the answer is a stream of server-sent events, and ends with `data: [DONE]`.',
  body: chatRequest,
  answer: chatAnswer,
  events: chatChunk,
}

const completion: Operation = {
  tag,
  summary: 'Text completion',
  body: open({ model, prompt: z.unknown(), stream: z.boolean().nullish() }),
  answer: open({ id: string, object: string, model: string, choices: z.array(open({ text: string })) }),
  events: anyObject,
}

const embedding: Operation = {
  tag,
  summary: 'Embeddings',
  body: open({ model, input: z.unknown(), dimensions: z.int().nullish(), encoding_format: z.string().nullish() }),
  answer: open({
    object: string,
    model: string,
    data: z.array(open({ object: string, index: integer, embedding: z.union([z.array(number), string]) })),
    usage: open({ prompt_tokens: number, total_tokens: number }).optional(),
  }),
}

const listedModel = open({ id: string, object: string, created: integer.optional(), owned_by: string.optional() })
const anyAnswer = open({})
const contents = open({ contents: z.array(anyObject) })

/** Calls of models. The SDK's handler finds their routes, so they are not in the table of the gateway. */
export const llmOperations: Operations = {
  'POST /v1/chat/completions': chat,
  'POST /openai/deployments/:model/chat/completions': {
    ...chat,
    summary: "Chat, with Azure's path",
    body: open({ messages: z.array(message).min(1) }),
  },
  'POST /v1/completions': completion,
  'POST /v1/embeddings': embedding,
  'POST /v1/moderations': {
    tag,
    summary: 'Moderation',
    body: open({ model: model.optional(), input: z.unknown() }),
    answer: open({ id: string, model: string, results: z.array(anyObject) }),
  },
  'POST /v1/decisions': {
    tag,
    summary: 'Decisions',
    body: open({ model, state: z.unknown(), questions: anyObject }),
    answer: open({ id: string, model: string, answers: anyObject, emulated: boolean }),
  },
  'POST /v1/rerank': {
    tag,
    summary: 'Rerank documents',
    body: open({ model, query: z.string(), documents: z.array(z.unknown()), top_n: z.int().nullish() }),
    answer: open({ results: z.array(open({ index: integer, relevance_score: number })) }),
  },
  'POST /v1/responses': {
    tag,
    summary: "OpenAI's Responses API",
    body: open({ model, input: z.unknown().optional(), stream: z.boolean().nullish() }),
    answer: open({ id: string, object: string, status: string.optional(), output: z.array(anyObject) }),
    events: open({ type: string }),
  },
  'GET /v1/responses/:id': { tag, summary: 'A stored response', answer: anyAnswer },
  'DELETE /v1/responses/:id': {
    tag,
    summary: 'Delete a stored response',
    answer: open({ id: string, deleted: boolean }),
  },
  'POST /v1/responses/:id/cancel': { tag, summary: 'Cancel a background response', answer: anyAnswer },
  'POST /v1/responses/compact': {
    tag,
    summary: 'Compact a conversation',
    body: open({ model, input: z.unknown().optional(), previous_response_id: z.string().nullish() }),
    answer: open({ id: string, object: string, output: z.array(anyObject) }),
  },
  'GET /v1/responses/:id/input_items': { tag, summary: 'Input of a stored response', answer: anyAnswer },
  'POST /v1/messages': {
    tag,
    summary: "Anthropic's Messages API",
    body: open({ model, messages: z.array(message).min(1), max_tokens: z.int(), stream: z.boolean().nullish() }),
    answer: open({
      id: string,
      type: string,
      role: string,
      model: string,
      content: z.array(open({ type: string })),
      stop_reason: maybeString,
      usage: open({ input_tokens: number, output_tokens: number }),
    }),
    events: open({ type: string }),
  },
  'POST /v1/messages/count_tokens': {
    tag,
    summary: 'Count the tokens of messages',
    body: open({ model, messages: z.array(message) }),
    answer: open({ input_tokens: number }),
  },
  'POST /v1beta/models/:model\\:generateContent': {
    tag,
    summary: "Gemini's API",
    body: contents,
    answer: open({ candidates: z.array(anyObject).optional(), usageMetadata: anyObject.optional() }),
  },
  'POST /v1beta/models/:model\\:streamGenerateContent': {
    tag,
    summary: "Gemini's API, streamed",
    query: z.object({ alt: z.enum(['sse']).optional().describe('Server-sent events instead of one JSON array.') }),
    body: contents,
    answer: z.array(anyObject),
    events: anyObject,
  },
  'POST /v1beta/models/:model\\:countTokens': {
    tag,
    summary: 'Count the tokens of contents',
    body: open({ contents: z.array(anyObject).optional() }),
    answer: open({ totalTokens: number }),
  },
  'GET /v1/models': {
    tag,
    summary: 'Models that the key may use',
    answer: open({ object: string, data: z.array(listedModel) }),
  },
  'GET /v1/models/:model': { tag, summary: 'A model', answer: listedModel },
}

export const errorBody = component(
  'Error',
  open({
    error: open({
      message: string,
      type: string,
      param: maybeString.optional(),
      code: anyValue.optional().describe('A word for programs, or the status as text.'),
    }),
  }),
  "An error, in OpenAI's form. Clients of Anthropic and Gemini get theirs.",
)
