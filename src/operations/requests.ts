/**
 * Requests of the operations whose calls need much code: names of parameters, and checks. They are known at import, and the code loads with the
 * first call. The other operations are small, and have both in one file.
 */
import type { RequestSpec } from '../call/operation.js'
import { isSchema } from '../call/validate.js'
import { BadRequestError, got } from '../errors.js'
import type { ResponseFormatInput } from '../types/chat.js'
import type { DecisionQuestion } from '../types/decision.js'
import { plainPaths } from '../types/operation.js'
import { checkMessages, checkStream, checkTools, checkTypes } from './shapes.js'

export const chatRequest = {
  name: 'chat',
  api: 'chat',
  method: 'completion',
  path: '/v1/chat/completions',
  params: new Set([
    ...['model', 'messages', 'temperature', 'top_p', 'top_k', 'n', 'stop', 'max_tokens', 'max_completion_tokens'],
    ...['presence_penalty', 'frequency_penalty', 'logit_bias', 'logprobs', 'top_logprobs', 'seed', 'user'],
    ...['tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call', 'response_format'],
    ...['reasoning_effort', 'thinking', 'verbosity', 'modalities', 'audio', 'prediction', 'web_search_options'],
    ...['service_tier', 'metadata', 'store', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier'],
    ...['cache_control', 'stream', 'stream_options', 'extra_body'],
  ]),
  check(params) {
    const { messages, response_format: format } = params
    checkMessages(messages)
    checkStream(params)
    checkTypes(params)
    checkTools(params)
    if (
      format !== undefined &&
      format !== null &&
      typeof format !== 'object' &&
      !isSchema(format as ResponseFormatInput)
    ) {
      throw new BadRequestError(
        `'response_format' must be a schema (zod, valibot, …), { type: 'json_object' } or { type: 'json_schema', json_schema: { name, schema } }; ${got(format)}.`,
        { param: 'response_format' },
      )
    }
  },
} as const satisfies RequestSpec

export const embeddingRequest = {
  name: 'embedding',
  api: 'embedding',
  method: 'embedding',
  path: '/v1/embeddings',
  probe: { mode: 'embedding', params: (prompt) => ({ input: prompt }) },
  params: new Set(['model', 'input', 'dimensions', 'encoding_format', 'user', 'extra_body']),
  check({ input }, { vectorType }) {
    if (vectorType !== undefined && vectorType !== null && vectorType !== 'array' && vectorType !== 'float32') {
      throw new BadRequestError(`'vectorType' must be 'array' or 'float32'; ${got(vectorType)}.`, {
        param: 'vectorType',
      })
    }
    checkInput(input)
  },
} as const satisfies RequestSpec

function checkInput(input: unknown): void {
  const wrong = (got: string) =>
    new BadRequestError(
      `'input' must be a string, an array of strings, or token ids (an array of numbers, or of such arrays); ${got}.`,
      { param: 'input' },
    )
  if (typeof input === 'string') return
  if (!Array.isArray(input) || input.length === 0) throw wrong(got(input))
  const kind = typeof input[0] === 'number' ? 'number' : typeof input[0] === 'string' ? 'string' : 'list'
  for (const [index, item] of input.entries()) {
    if (kind === 'list' ? !Array.isArray(item) : typeof item !== kind) {
      throw wrong(`input[${index}] is ${got(item).slice(4)}`)
    }
  }
}

export const rerankRequest = {
  name: 'rerank',
  api: 'rerank',
  method: 'rerank',
  path: '/v1/rerank',
  probe: { mode: 'rerank', params: (prompt) => ({ query: prompt, documents: [prompt] }) },
  params: new Set([
    ...['model', 'query', 'documents', 'top_n', 'return_documents', 'rank_fields', 'max_tokens_per_doc', 'extra_body'],
  ]),
  check({ query, documents }) {
    if (typeof query !== 'string' || query === '') {
      throw new BadRequestError(`'query' must be a non-empty string; ${got(query)}.`, { param: 'query' })
    }
    if (!Array.isArray(documents) || documents.length === 0) {
      throw new BadRequestError(`'documents' must be a non-empty array; ${got(documents)}.`, {
        param: 'documents',
      })
    }
  },
} as const satisfies RequestSpec

export const responsesRequest = {
  name: 'responses',
  api: 'responses',
  method: 'responses',
  path: '/v1/responses',
  params: new Set([
    ...['model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_tool_calls'],
    ...['max_output_tokens', 'temperature', 'top_p', 'top_logprobs', 'reasoning', 'text', 'include'],
    ...[
      'previous_response_id',
      'conversation',
      'store',
      'background',
      'background_options',
      'truncation',
      'metadata',
      'service_tier',
    ],
    ...['prompt', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier', 'user', 'stream'],
    ...['stream_options', 'extra_body'],
  ]),
  check(params) {
    const { input, messages } = params
    if (messages !== undefined) {
      throw new BadRequestError("responses() takes 'input', not 'messages'. Use completion() for messages.", {
        param: 'messages',
      })
    }
    if (input !== undefined && input !== null && typeof input !== 'string' && !Array.isArray(input)) {
      throw new BadRequestError(
        `'input' must be a string or an array of items such as { role: 'user', content: 'Hello' }; ${got(input)}.`,
        { param: 'input' },
      )
    }
    checkStream(params)
    checkTypes(params)
    checkTools(params)
  },
} as const satisfies RequestSpec

export const messagesRequest = {
  name: 'messages',
  api: 'chat',
  method: 'messages',
  path: '/v1/messages',
  params: new Set([
    ...['model', 'messages', 'max_tokens', 'system', 'tools', 'tool_choice', 'temperature', 'top_p', 'top_k'],
    ...['stop_sequences', 'stream', 'metadata', 'thinking', 'service_tier', 'container', 'mcp_servers'],
    ...['context_management', 'output_config', 'output_format', 'cache_control', 'inference_geo', 'speed'],
    ...['betas', 'anthropic_version', 'extra_body'],
  ]),
  open: true,
  keepsText: true,
  check(params) {
    const { messages: given, max_tokens: most } = params
    if (!Array.isArray(given) || given.length === 0) {
      throw new BadRequestError(
        `'messages' must be a non-empty array, for example [{ role: 'user', content: 'Hello' }]; ${got(given)}.`,
        { param: 'messages' },
      )
    }
    if (most !== undefined && most !== null && typeof most !== 'number') {
      throw new BadRequestError(`'max_tokens' must be a number; ${got(most)}.`, { param: 'max_tokens' })
    }
    checkStream(params)
  },
} as const satisfies RequestSpec

export const generateContentRequest = {
  name: 'generateContent',
  api: 'chat',
  method: 'generateContent',
  path: '/v1beta/models/{model}:generateContent',
  params: new Set([
    ...['model', 'stream', 'contents', 'systemInstruction', 'system_instruction', 'generationConfig'],
    ...['generation_config', 'safetySettings', 'safety_settings', 'tools', 'toolConfig', 'tool_config'],
    ...['cachedContent', 'cached_content', 'labels', 'serviceTier', 'service_tier', 'extra_body'],
  ]),
  open: true,
  keepsText: true,
  check(params) {
    const { contents } = params
    const fits = typeof contents === 'string' ? contents !== '' : typeof contents === 'object' && contents !== null
    if (!fits || (Array.isArray(contents) && contents.length === 0)) {
      throw new BadRequestError(
        `'contents' must be a non-empty array, for example [{ role: 'user', parts: [{ text: 'Hello' }] }]; ${got(contents)}.`,
        { param: 'contents' },
      )
    }
    checkStream(params)
  },
} as const satisfies RequestSpec

export const textCompletionRequest = {
  name: 'textCompletion',
  api: 'textCompletion',
  method: 'textCompletion',
  path: '/v1/completions',
  params: new Set([
    ...['model', 'prompt', 'suffix', 'echo', 'max_tokens', 'temperature', 'top_p', 'top_k', 'n', 'best_of', 'logprobs'],
    ...['stop', 'presence_penalty', 'frequency_penalty', 'logit_bias', 'seed', 'user', 'stream', 'stream_options'],
    ...['response_format', 'extra_body'],
  ]),
  check(params) {
    const { prompt } = params
    if (typeof prompt !== 'string' && (!Array.isArray(prompt) || prompt.length === 0)) {
      throw new BadRequestError(`'prompt' must be a text or a non-empty array of texts; ${got(prompt)}.`, {
        param: 'prompt',
      })
    }
    checkStream(params)
  },
} as const satisfies RequestSpec

const mostQuestions = 400
const mostOptions = 255

export const decideRequest = {
  name: 'decide',
  api: 'decide',
  method: 'decide',
  path: `/v1${plainPaths.decide}`,
  params: new Set([...['model', 'state', 'questions', 'prompt_cache_key', 'safety_identifier', 'extra_body']]),
  check: checkDecide,
} as const satisfies RequestSpec

function checkDecide({ state, questions }: Readonly<Record<string, unknown>>): void {
  if ((typeof state !== 'string' && (typeof state !== 'object' || state === null)) || state === '') {
    throw new BadRequestError(`'state' must be a non-empty text, an object or an array; ${got(state)}.`, {
      param: 'state',
    })
  }
  const entries =
    typeof questions === 'object' && questions !== null && !Array.isArray(questions) ? Object.entries(questions) : []
  if (entries.length === 0 || entries.length > mostQuestions) {
    throw new BadRequestError(
      `'questions' must be an object with 1 to ${mostQuestions} questions, such as { urgent: { type: 'boolean', instructions } }; ${entries.length > 0 ? `got ${entries.length}` : got(questions)}.`,
      { param: 'questions' },
    )
  }
  for (const [name, question] of entries) checkQuestion(`questions.${name}`, question)
}

function checkQuestion(param: string, question: unknown): void {
  const { type, instructions, criteria } = (question ?? {}) as Partial<Record<keyof DecisionQuestion, unknown>>
  if (type !== 'boolean' && type !== 'choice' && type !== 'score') {
    throw new BadRequestError(`'${param}.type' must be 'boolean', 'choice' or 'score'; ${got(type)}.`, { param })
  }
  if (typeof instructions !== 'string' || instructions === '') {
    throw new BadRequestError(`'${param}.instructions' must be a non-empty string; ${got(instructions)}.`, { param })
  }
  if (type === 'boolean') {
    if (criteria === undefined || (typeof criteria === 'object' && criteria !== null && !Array.isArray(criteria)))
      return
    throw new BadRequestError(`'${param}.criteria' must be { true, false }; ${got(criteria)}.`, { param })
  }
  const names = Array.isArray(criteria)
    ? criteria
    : type === 'choice' && typeof criteria === 'object' && criteria !== null
      ? Object.keys(criteria)
      : []
  const fits =
    names.length >= 2 && names.length <= mostOptions && names.every((one) => typeof one === 'string' && one !== '')
  if (fits && new Set(names).size === names.length) return
  const form =
    type === 'choice' ? 'different choices, as texts or as descriptions by name' : 'different levels, as texts'
  throw new BadRequestError(`'${param}.criteria' must have 2 to ${mostOptions} ${form}; ${got(criteria)}.`, { param })
}
