import type { ChatCompletionChunk, ChatParams } from '../../../src/types/chat.js'
import type { ChatDialect, ChatStreamDecoder, DecodeContext, EncodeContext } from '../../contract.js'
import { type AnthropicQuirks, anthropic } from '../../dialects/anthropic/index.js'
import { type OpenAIQuirks, openai } from '../../dialects/openai/index.js'
import { inlineImages, remoteImages } from '../../inline-images.js'
import { type Fields, isFields, readChunk, readMetrics } from './wire.js'

/** Chat dialects over InvokeModel. */

/** Unwraps the chunks of a stream for the dialect's own decoder. */
class ChunkUnwrapper implements ChatStreamDecoder {
  readonly #inner: ChatStreamDecoder
  readonly #change: (chunk: Fields) => Fields

  constructor(inner: ChatStreamDecoder, change: (chunk: Fields) => Fields) {
    this.#inner = inner
    this.#change = change
  }

  get done(): boolean {
    return this.#inner.done
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    const chunk = readChunk(event, data)
    if (chunk) this.#inner.push(undefined, JSON.stringify(this.#change(chunk)), out)
  }

  end(out: ChatCompletionChunk[]): boolean {
    return this.#inner.end(out)
  }
}

type Chat<Quirks> = ChatDialect<Quirks>

const requireChat = <Quirks>(chat: Chat<Quirks> | undefined): Chat<Quirks> => {
  if (!chat) throw new Error('The dialect has no chat.')
  return chat
}

const messagesChat = requireChat(anthropic.chat)
const completionsChat = requireChat(openai.chat)

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html */
export const claudeChat: Chat<AnthropicQuirks> = Object.freeze({
  remoteMedia: remoteImages,
  encode: (params: ChatParams, context: EncodeContext<AnthropicQuirks>) =>
    messagesChat.encode(inlineImages(params, context), context),
  decode: messagesChat.decode,
  stream: (context: DecodeContext<AnthropicQuirks>) =>
    new ChunkUnwrapper(messagesChat.stream(context), ({ 'amazon-bedrock-invocationMetrics': _, ...chunk }) => chunk),
})

export const claudeQuirks: AnthropicQuirks = Object.freeze({
  bodyVersion: 'bedrock-2023-05-31',
  bodyModel: false,
  bodyStream: false,
  betas: 'body',
  urlSources: false,
})

/** Recorded: gpt-oss writes its reasoning into the text, between tags, in every chunk. */
const taggedReasoning = /^<reasoning>([\s\S]*?)<\/reasoning>/

function extractReasoning(part: unknown): unknown {
  if (!isFields(part) || typeof part.content !== 'string') return part
  const [all, reasoning] = taggedReasoning.exec(part.content) ?? []
  if (all === undefined) return part
  return { ...part, reasoning_content: reasoning, content: part.content.slice(all.length) || null }
}

function extractAllReasoning(body: Fields): Fields {
  if (!Array.isArray(body.choices)) return body
  const choices = body.choices.map((choice: unknown) => {
    if (!isFields(choice)) return choice
    if ('message' in choice) return { ...choice, message: extractReasoning(choice.message) }
    return 'delta' in choice ? { ...choice, delta: extractReasoning(choice.delta) } : choice
  })
  return { ...body, choices }
}

/** The usage is in Bedrock's own metrics (recorded). */
function addUsage(chunk: Fields): Fields {
  const { 'amazon-bedrock-invocationMetrics': _, ...rest } = chunk
  const metrics = readMetrics(chunk)
  if (!metrics || isFields(chunk.usage)) return rest
  const { prompt, completion } = metrics
  return { ...rest, usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } }
}

/**
 * OpenAI's open models, Jamba, and imported models with this API.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html
 */
export const completionsOverInvoke: Chat<OpenAIQuirks> = Object.freeze({
  encode(params: ChatParams, context: EncodeContext<OpenAIQuirks>) {
    const encoded = completionsChat.encode(params, context)
    const { model: _, stream: __, ...body } = encoded.body
    return { ...encoded, body }
  },
  decode: (body: unknown, context: DecodeContext<OpenAIQuirks>) =>
    completionsChat.decode(isFields(body) ? extractAllReasoning(body) : body, context),
  stream: (context: DecodeContext<OpenAIQuirks>) =>
    new ChunkUnwrapper(completionsChat.stream(context), (chunk) => addUsage(extractAllReasoning(chunk))),
})
