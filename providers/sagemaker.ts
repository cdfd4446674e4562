import type { ChatCompletionChunk, ChatParams } from '../src/types/chat.js'
import { type SigningService, signRequest } from './aws/credentials.js'
import { regionalHost } from './aws/region.js'
import { awsSettings } from './aws/settings.js'
import {
  type ChatDialect,
  type ChatStreamDecoder,
  type DecodeContext,
  type Dialect,
  type EncodeContext,
  type Encoded,
  type ErrorFacts,
  type Failure,
  type Operation,
  type Provider,
  ProviderFault,
  type Settings,
  type Signable,
} from './contract.js'
import { converse } from './dialects/converse/index.js'
import { defaultQuirks, type OpenAIQuirks, openai } from './dialects/openai/index.js'
import { extrasOf, type Fields, isFields, parseEvent, parseJSON } from './fields.js'
import { answerOf, type Piece, TextStream } from './prompt/answer.js'
import { fieldsOf, type Names } from './prompt/params.js'
import { transcript } from './prompt/templates.js'
import { readDialogue } from './prompt/turns.js'
import { Report } from './report.js'
import { encodeSegment } from './shared/path.js'

/** Endpoints of Amazon SageMaker. The container determines the API; the two common ones have a prefix each. */

/** Hugging Face's `inputs` and `parameters`. https://huggingface.co/docs/text-generation-inference/reference/api_reference */
const names: Names = {
  max_tokens: 'max_new_tokens',
  max_completion_tokens: 'max_new_tokens',
  temperature: 'temperature',
  top_p: 'top_p',
  top_k: 'top_k',
  stop: 'stop',
  seed: 'seed',
  frequency_penalty: 'frequency_penalty',
}

const who = 'A text endpoint of SageMaker'

function encodeText(params: ChatParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const { system, turns } = readDialogue(params, who, report)
  const parameters = fieldsOf(params, names, `${who} (sagemaker_chat/ takes messages)`, report)
  report.throwUnsupported()
  if (system || turns.length > 1) {
    report.emulated(
      'messages',
      'The endpoint takes one text: the messages are written into it. sagemaker_chat/ sends messages.',
    )
  }
  const text = transcript({ system, turns }, report)
  const inputs = system ? `${system}\n\n${text}` : text
  return { body: { inputs, parameters, ...(params.stream && { stream: true }) }, warnings: report.warnings }
}

function readAnswer(body: unknown): Piece {
  const first: unknown = Array.isArray(body) ? body[0] : body
  if (!isFields(first) || typeof first.generated_text !== 'string') {
    throw new ProviderFault("its answer has no 'generated_text'", isFields(first) && isError(first) ? first : undefined)
  }
  const extras = extrasOf(first, known)
  return { text: first.generated_text, finish: finishIn(first.details) ?? 'stop', ...(extras && { extras }) }
}

const known: ReadonlySet<string> = new Set(['generated_text'])

const finishIn = (details: unknown): string | undefined =>
  isFields(details) && typeof details.finish_reason === 'string' ? details.finish_reason : undefined

const isError = (body: Fields): boolean => body.error !== undefined || typeof body.message === 'string'

/** Events of TGI: one token each, and the complete text with the last one. */
function readText(event: string | undefined, data: string): Piece | undefined {
  const body = readEvent(event, data)
  if (!body) return { done: true }
  if (isError(body)) throw new ProviderFault('its stream has an error', body)
  const { token, generated_text: whole, details } = body
  const text = isFields(token) && typeof token.text === 'string' && token.special !== true ? token.text : ''
  const over = typeof whole === 'string'
  return { ...(text && { text }), ...(over && { finish: finishIn(details) ?? 'stop' }) }
}

/** @throws {ProviderFault} on errors of AWS itself: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ResponseStream.html */
function readEvent(event: string | undefined, data: string): Fields | undefined {
  if (data.trim() === '[DONE]') return undefined
  const body = data === '' ? {} : parseEvent(data)
  if (event !== undefined && failures.test(event)) {
    throw new ProviderFault('its stream has an error', { ...body, __type: event })
  }
  return body
}

const failures = /^(?:ModelStreamError|InternalStreamFailure|InternalFailure|InternalServerException|.*Exception)$/

const textChat: ChatDialect = Object.freeze({
  encode: encodeText,
  decode: (body: unknown, context: DecodeContext) => answerOf(readAnswer(body), context),
  stream: (context: DecodeContext) => new TextStream(context, readText),
})

/** OpenAI's messages, for TGI, vLLM and AWS's own containers. The endpoint determines the model. */
const chat = openai.chat as ChatDialect<OpenAIQuirks>

const messagesChat: ChatDialect<OpenAIQuirks> = Object.freeze({
  encode(params: ChatParams, context: EncodeContext<OpenAIQuirks>) {
    const encoded = chat.encode(params, context)
    const { model: _, ...body } = encoded.body
    return { ...encoded, body }
  },
  decode: chat.decode,
  stream(context: DecodeContext<OpenAIQuirks>): ChatStreamDecoder {
    const inner = chat.stream(context)
    return {
      get done() {
        return inner.done
      },
      push(event: string | undefined, data: string, out: ChatCompletionChunk[]) {
        if (event !== undefined && failures.test(event)) readEvent(event, data)
        inner.push(undefined, data, out)
      },
      end: (out: ChatCompletionChunk[]) => inner.end(out),
    }
  },
})

/** The container's status and error in the message of AWS, for errors that don't have them in fields of their own. */
const relayed = /^Received (?:client|server) error \((\d{3})\) from \S{1,100} with message "(.*)"/s
const longestRelayed = 8192

/**
 * Errors of AWS, or of the container inside a 424.
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors
 */
function errorFacts(failure: Failure): ErrorFacts {
  const body = isFields(failure.body) ? failure.body : {}
  const words = body.message ?? body.Message
  const [, code, quoted] = (typeof words === 'string' && relayed.exec(words.slice(0, longestRelayed))) || []
  const { OriginalStatusCode: status = code && Number(code), OriginalMessage: message = quoted } = body
  if (typeof status === 'number' && typeof message === 'string') {
    return openai.error({ status, body: parseJSON(message), text: message })
  }
  const facts = converse.error(failure)
  if (typeof words === 'string' && /Endpoint .{0,200} not found|Could not find .{0,40}endpoint/i.test(words)) {
    return { ...facts, kind: 'not_found', hint: 'Check the name of the endpoint, and the region.' }
  }
  return facts
}

const shared = {
  name: 'Amazon SageMaker',
  address: Object.freeze({
    base: ({ region = '' }: Settings) => `https://runtime.sagemaker.${regionalHost(region, 'sagemaker')}`,
    env: Object.freeze(['AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME', 'SAGEMAKER_API_BASE', 'AWS_ENDPOINT_URL']),
    path: (_: Operation, model: string, stream: boolean) =>
      `/endpoints/${encodeSegment(model, 'sagemaker')}/invocations${stream ? '-response-stream' : ''}`,
  }),
  auth: Object.freeze({ schemes: Object.freeze([]), required: true }),
  settings: awsSettings,
} as const

const signer = (provider: string): SigningService =>
  Object.freeze({
    provider,
    name: 'Amazon SageMaker',
    service: 'sagemaker',
    otherwise: 'SageMaker has no other credentials.',
  })

const textSigner = signer('sagemaker')
const messagesSigner = signer('sagemaker_chat')

/**
 * Endpoints that take `inputs` and `parameters` (`sagemaker/<endpoint>`).
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 */
export const provider: Provider = Object.freeze({
  ...shared,
  id: 'sagemaker',
  dialect: Object.freeze({ framing: 'aws-sse', chat: textChat, error: errorFacts } satisfies Dialect),
  authorize: (request: Signable, settings: Settings) => signRequest(request, settings, textSigner),
  quirks: Object.freeze({}),
} satisfies Provider)

/** Endpoints that take OpenAI's messages (`sagemaker_chat/<endpoint>`). */
export const messages: Provider<OpenAIQuirks> = Object.freeze({
  ...shared,
  id: 'sagemaker_chat',
  dialect: Object.freeze({
    framing: 'aws-sse',
    chat: messagesChat,
    error: errorFacts,
  } satisfies Dialect<OpenAIQuirks>),
  authorize: (request: Signable, settings: Settings) => signRequest(request, settings, messagesSigner),
  quirks: defaultQuirks,
} satisfies Provider<OpenAIQuirks>)
