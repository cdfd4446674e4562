import type { Answer, Speech } from '../answer.js'
import { type Json, number, record, string } from '../json.js'
import { converse } from './converse.js'
import { invalid } from './converse-errors.js'
import { chunkFrame, countHeaders, metricsOf } from './invoke-chunks.js'
import { readPrompt } from './prompts.js'
import type { Wire, WireError, WireRequest } from './wire.js'

/** A family of text completion models with its own body format. */
interface Family {
  readonly model: RegExp
  readonly fields: readonly string[]
  /** The field of the text. */
  readonly prompt: string
  limits(body: Json): { maxTokens?: unknown; stop?: unknown }
  whole(speech: Speech, answer: Answer): Json
  /** A stream chunk; the last one has no text but the finish reason. */
  chunk(text: string, finish: string | undefined, said: number, answer: Answer): Json
  readonly finishes: Readonly<Record<string, string>>
}

const promptTokens = ({ tally }: Answer): number | undefined => tally && tally.prompt.fresh + tally.prompt.cacheRead
const answerTokens = ({ tally }: Answer): number | undefined => tally && tally.spoken + tally.reasoning

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html */
const llama: Family = {
  model: /meta\.llama/,
  fields: ['prompt', 'temperature', 'top_p', 'max_gen_len', 'images'],
  prompt: 'prompt',
  limits: ({ max_gen_len }) => ({ maxTokens: max_gen_len }),
  finishes: { stop: 'stop', length: 'length' },
  whole: (speech, answer) => ({
    generation: speech.text,
    prompt_token_count: promptTokens(answer),
    generation_token_count: answerTokens(answer),
    stop_reason: finishOf(llama, speech),
  }),
  chunk: (generation, finish, said, answer) => ({
    generation,
    prompt_token_count: said === 1 ? promptTokens(answer) : null,
    generation_token_count: answer.tally ? said : null,
    stop_reason: finish ?? null,
  }),
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html */
const mistral: Family = {
  model: /mistral\.(?:mistral-7b|mixtral-8x7b|mistral-large-2402|mistral-small-2402)/,
  fields: ['prompt', 'max_tokens', 'stop', 'temperature', 'top_p', 'top_k'],
  prompt: 'prompt',
  limits: ({ max_tokens, stop }) => ({ maxTokens: max_tokens, stop }),
  finishes: { stop: 'stop', length: 'length' },
  whole: (speech) => ({ outputs: [{ text: speech.text, stop_reason: finishOf(mistral, speech) }] }),
  chunk: (text, finish) => ({ outputs: [{ text, stop_reason: finish ?? null }] }),
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html */
const titan: Family = {
  model: /amazon\.titan-text/,
  fields: ['inputText', 'textGenerationConfig'],
  prompt: 'inputText',
  limits({ textGenerationConfig }) {
    const { maxTokenCount, stopSequences } = record(textGenerationConfig)
    return { maxTokens: maxTokenCount, stop: stopSequences }
  },
  finishes: { stop: 'FINISH', length: 'LENGTH', content_filter: 'CONTENT_FILTERED' },
  whole: (speech, answer) => ({
    inputTextTokenCount: promptTokens(answer),
    results: [{ tokenCount: answerTokens(answer), outputText: speech.text, completionReason: finishOf(titan, speech) }],
  }),
  chunk: (outputText, finish, said, answer) => ({
    outputText,
    index: 0,
    totalOutputTextTokenCount: answer.tally ? said : null,
    completionReason: finish ?? null,
    inputTextTokenCount: said === 1 ? promptTokens(answer) : null,
  }),
}

const families: readonly Family[] = [llama, mistral, titan]

const familyOf = (model: string): Family => families.find((family) => family.model.test(model)) ?? llama

function finishOf({ finishes }: Family, { finishReason = 'stop' }: Speech): string {
  return finishes[finishReason] ?? finishReason
}

/**
 * Text completion models on Amazon Bedrock's InvokeModel: Llama, Mistral and Titan.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html
 */
export const invokeText: Wire = {
  ...converse,
  route(method, path) {
    const [, id, action] = /\/model\/([^/?]+)\/(invoke(?:-with-response-stream)?)(?:\?|$)/.exec(path) ?? []
    if (method !== 'POST' || id === undefined) return undefined
    const model = decodeURIComponent(id)
    const known = families.some((family) => family.model.test(model))
    return known ? { operation: 'chat', model, stream: action !== 'invoke' } : undefined
  },
  refuse,
  read({ body, model }) {
    const family = familyOf(model)
    return readPrompt(string(body[family.prompt]) ?? '', family.limits(body))
  },
  whole: (answer, { model }) => {
    const [speech] = answer.choices
    return speech ? familyOf(model).whole(speech, answer) : {}
  },
  answerHeaders: countHeaders,
  frames(answer, request) {
    const family = familyOf(request.model)
    const [speech] = answer.choices
    const pieces = speech?.textPieces ?? []
    const metrics = answer.tally && { 'amazon-bedrock-invocationMetrics': metricsOf(answer.tally) }
    const last = family.chunk('', speech && finishOf(family, speech), pieces.length + 1, answer)
    return [
      ...pieces.map((text, at) => chunkFrame(request, at, 'content', family.chunk(text, undefined, at + 1, answer))),
      chunkFrame(request, pieces.length, 'close', { ...last, ...metrics }),
    ]
  },
}

function refuse({ body, model }: WireRequest): WireError | undefined {
  const { fields, prompt, limits } = familyOf(model)
  const malformed = (fault: string) =>
    invalid(`Malformed input request: ${fault}, please reformat your input and try again.`)
  const stranger = Object.keys(body).find((name) => !fields.includes(name))
  if (stranger !== undefined) return malformed(`#: extraneous key [${stranger}] is not permitted`)
  if (typeof body[prompt] !== 'string') return malformed(`#: required key [${prompt}] not found`)
  const { maxTokens } = limits(body)
  return maxTokens === undefined || number(maxTokens) !== undefined
    ? undefined
    : malformed('#: expected type: Integer, found: another')
}
