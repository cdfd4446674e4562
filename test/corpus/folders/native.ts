import { anthropicRules } from '../equivalence/anthropic.js'
import { cohereEmbeddingRules, cohereRules } from '../equivalence/cohere.js'
import { converseRules } from '../equivalence/converse.js'
import { cleanGeminiTurn, geminiRules, geminiTurnSent } from '../equivalence/gemini.js'
import { geminiEmbeddingRules } from '../equivalence/gemini-embedding.js'
import { ollamaEmbeddingRules, ollamaRules } from '../equivalence/ollama.js'
import { dropNulls, type Rule, same } from '../equivalence/rule.js'
import { expectAnthropic, expectAnthropicStream } from '../expectation/anthropic.js'
import { expectCohere, expectCohereStream } from '../expectation/cohere.js'
import { converseBlocks, converseTurnOf, expectConverse, expectConverseStream } from '../expectation/converse.js'
import type { ExpectedAnswer } from '../expectation/expectation.js'
import { expectGemini, expectGeminiStream, geminiEvents, geminiTurn } from '../expectation/gemini.js'
import { expectOllama, expectOllamaStream } from '../expectation/ollama.js'
import type { ExpectedStream } from '../expectation/openai-stream.js'
import { toOpenAI } from '../request/anthropic.js'
import { chatFromCohere } from '../request/cohere.js'
import { chatFromConverse, converseTurn } from '../request/converse.js'
import { chatFromGemini } from '../request/gemini.js'
import { chatFromOllama } from '../request/ollama.js'
import { type Fields, objects } from '../wire/json.js'
import { type Recording, wire } from '../wire/recording.js'
import {
  embeddingFromBedrock,
  embeddingFromCohere,
  embeddingFromGemini,
  embeddingFromOllama,
} from './native-embedding.js'

/** How recordings of a dialect that is not OpenAI's are read, written again and compared. */
export interface Native {
  readonly operation: 'chat' | 'embedding' | 'rerank'
  /** The recorded request as a caller of llmux would write it, without model; undefined where OpenAI's shape has no word for it. */
  readonly request: (body: Fields) => Fields | undefined
  readonly rules: readonly Rule[]
  /** What an answer says, where the operation is a chat. */
  readonly answer?: (body: unknown) => ExpectedAnswer | undefined
  readonly stream?: (recording: Recording) => ExpectedStream
  /** What the model said as the parts of its turn, in its own words. */
  readonly said?: (recording: Recording) => readonly unknown[]
  /** The same, out of a next request in whose history it stands. */
  readonly turn?: (body: Fields, said: readonly unknown[]) => readonly unknown[]
}

const sourceOf = ({ response }: Recording): string => response.stream ?? ''

const gemini: Native = {
  operation: 'chat',
  request: (body) => (body.contents === undefined ? undefined : chatFromGemini(body)),
  rules: geminiRules,
  answer: expectGemini,
  stream: (recording) => expectGeminiStream(sourceOf(recording)),
  said: ({ response }) =>
    cleanGeminiTurn(
      geminiTurn(response.stream === undefined ? objects([response.body]) : geminiEvents(response.stream)),
    ),
  turn: geminiTurnSent,
}

const converse: Native = {
  operation: 'chat',
  request: chatFromConverse,
  rules: converseRules,
  answer: expectConverse,
  stream: (recording) => expectConverseStream(wire(recording)),
  said: (recording) =>
    converseTurnOf(
      recording.response.stream === undefined
        ? converseBlocks(recording.response.body)
        : (expectConverseStream(wire(recording)).blocks ?? []),
    ),
  turn: converseTurn,
}

const cohere: Native = {
  operation: 'chat',
  request: chatFromCohere,
  rules: cohereRules,
  answer: expectCohere,
  stream: (recording) => expectCohereStream(sourceOf(recording)),
}

const ollama: Native = {
  operation: 'chat',
  request: chatFromOllama,
  rules: ollamaRules,
  answer: expectOllama,
  stream: (recording) => expectOllamaStream(sourceOf(recording)),
}

/** The Messages API at another address than Anthropic's. */
const messages: Native = {
  operation: 'chat',
  request: (body) =>
    Array.isArray(body.messages) && body.messages.length > 0 ? withoutPlace(toOpenAI(body)) : undefined,
  rules: [
    ...anthropicRules,
    same('stream-false', '`stream: false` and no `stream` are the same', (body) => {
      if (body.stream === false) delete body.stream
    }),
    {
      name: 'envelope-of-bedrock',
      reason: 'by InvokeModel the address says model and stream, and the body the version that is a header elsewhere',
      apply: (sent, recorded) => {
        if (!String(recorded.anthropic_version).startsWith('bedrock-')) return
        for (const key of ['model', 'stream']) delete sent[key]
        for (const key of ['anthropic_version', 'anthropic_beta']) delete recorded[key]
      },
    },
    same('null-is-absent', 'what is null says nothing', dropNulls),
    same('one-text-part', 'a text, and a list with that one text part, are the same message', (body) => {
      for (const message of objects(body.messages)) message.content = plainText(message.content)
    }),
  ],
  answer: expectAnthropic,
  stream: (recording) => expectAnthropicStream(sourceOf(recording)),
}

function plainText(content: unknown): unknown {
  const [only, ...others] = objects(content)
  return only && others.length === 0 && only.type === 'text' && Object.keys(only).length === 2 ? only.text : content
}

const withoutPlace = ({
  model: _,
  stream: __,
  anthropic_version: ___,
  anthropic_beta: ____,
  ...rest
}: Fields): Fields => rest

const plainRules: readonly Rule[] = [same('null-is-absent', 'what is null says nothing', dropNulls)]

const embedding = (request: Native['request'], rules: readonly Rule[]): Native => ({
  operation: 'embedding',
  request,
  rules,
})

const rerank: Native = { operation: 'rerank', request: ({ model: _, ...body }) => body, rules: plainRules }

/** By the address that was called. */
const byAddress: readonly (readonly [address: RegExp, native: Native])[] = [
  [/:(?:streamG|g)enerateContent/, gemini],
  [/:(?:batchEmbedContents|embedContent|predict)/, embedding(embeddingFromGemini, geminiEmbeddingRules)],
  [/\/converse(?:-stream)?$/, converse],
  [/bedrock.*embed.*\/invoke$/, embedding(embeddingFromBedrock, cohereEmbeddingRules)],
  [/cohere\.(?:com|ai)\/v2\/chat$/, cohere],
  [/cohere\.(?:com|ai)\/v[12]\/embed$/, embedding(embeddingFromCohere, cohereEmbeddingRules)],
  [/cohere\.(?:com|ai)\/v[12]\/rerank$/, rerank],
  [/\/api\/chat$/, ollama],
  [/\/api\/embed(?:dings)?$/, embedding(embeddingFromOllama, ollamaEmbeddingRules)],
  [/:(?:streamR|r)awPredict$|\/v1\/messages$/, messages],
]

/** Errors of operations that llmux does not have are those of the host all the same: its dialect must know them. */
const byFolder: Readonly<Record<string, Native>> = {
  'google-ai-studio': gemini,
  vertex: gemini,
  bedrock: converse,
  cohere,
  ollama,
}

/** Undefined where the recording is of OpenAI's wire, or of a host that is read elsewhere. */
export function nativeOf({ provider, operation, request }: Recording): Native | undefined {
  const folder = Object.hasOwn(byFolder, provider) ? byFolder[provider] : undefined
  if (!folder) return undefined
  const url = request.url ?? ''
  const native = byAddress.find(([address]) => address.test(url))?.[1]
  if (native || /\/chat\/completions$|\/v1\/embeddings$/.test(url)) return native
  return operation === 'error' ? { ...folder, request: () => undefined } : undefined
}
