/**
 * `llmux/langchain`: a client or a Router as a chat model and as embeddings of LangChain.js 1.
 * https://docs.langchain.com/oss/javascript
 */
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager'
import { Embeddings, type EmbeddingsParams } from '@langchain/core/embeddings'
import type { BaseLanguageModelInput, StructuredOutputMethodOptions } from '@langchain/core/language_models/base'
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type BindToolsInput,
  type LangSmithParams,
} from '@langchain/core/language_models/chat_models'
import {
  assembleStructuredOutputPipeline,
  createContentParser,
  createFunctionCallingParser,
} from '@langchain/core/language_models/structured_output'
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages'
import type { ChatGenerationChunk, ChatResult } from '@langchain/core/outputs'
import type { Runnable } from '@langchain/core/runnables'
import { convertToOpenAITool } from '@langchain/core/utils/function_calling'
import { toJsonSchema } from '@langchain/core/utils/json_schema'
import type { SerializableSchema } from '@langchain/core/utils/standard_schema'
import type { InteropZodType } from '@langchain/core/utils/types'
import type { CompletionStream } from '../../call/completion-stream.js'
import type { Client } from '../../client.js'
import { BadRequestError, got } from '../../errors.js'
import type { ChatCompletion, ResponseFormat, ToolChoice } from '../../types/chat.js'
import type { KnownChatModel, KnownEmbeddingModel } from '../../types/known-models.generated.js'
import type { CallOptions, CompletionRequest, EmbeddingRequest } from '../../types/options.js'
import { toGeneration, toGenerationChunk, toLastChunk } from './answer.js'
import { toMessages } from './messages.js'

/** A client or a Router. */
export type Target = Pick<Client, 'completion' | 'embedding'>

/** Settings of calls: parameters of `completion()` in snake_case, options in camelCase. */
export type ChatSettings = Partial<Omit<CompletionRequest, 'model' | 'messages' | 'stream' | 'tool_choice'>> &
  CallOptions

/** Fields of {@link ChatLlmux}. */
export interface ChatLlmuxFields extends BaseChatModelParams {
  /** A client of `createClient()`, or a Router. */
  target: Target
  /** `provider/model`, or the model group of a Router. */
  model: KnownChatModel | (string & {})
  /** Settings of every call. */
  settings?: ChatSettings | undefined
}

/** Options of a call: those of LangChain, and settings of `completion()`. */
export interface ChatLlmuxCallOptions extends BaseChatModelCallOptions {
  /** Tools of the call, in any form that `bindTools()` accepts. */
  tools?: BindToolsInput[] | undefined
  /** Settings of this call, in addition to the model's. */
  settings?: ChatSettings | undefined
}

/** A schema of an answer: zod, another Standard Schema, or JSON Schema. */
export type OutputSchema<Output extends Record<string, unknown>> =
  | InteropZodType<Output>
  | SerializableSchema<Output>
  | Record<string, unknown>

/**
 * A chat model of LangChain over a client or a Router. Retries, fallbacks, limits and callbacks are those of the target; its errors
 * are thrown unchanged. Cost, attempts and route are in `response_metadata.llmux`.
 * @throws {BadRequestError} if the target is no client and no Router
 * @example
 * const model = new ChatLlmux({ target: createClient(), model: 'anthropic/claude-sonnet-4-5' })
 * const answer = await model.invoke('Hello')
 */
export class ChatLlmux extends BaseChatModel<ChatLlmuxCallOptions> {
  /** `provider/model`, or a model group. */
  readonly model: string
  readonly #target: Target
  readonly #settings: ChatSettings

  constructor({ target, model, settings = {}, ...params }: ChatLlmuxFields) {
    super(params)
    checkTarget(target, 'completion')
    this.#target = target
    this.model = model
    this.#settings = settings
  }

  static override lc_name(): string {
    return 'ChatLlmux'
  }

  _llmType(): string {
    return 'llmux'
  }

  override getLsParams(options: this['ParsedCallOptions']): LangSmithParams {
    const { temperature, max_tokens: maxTokens } = { ...this.#settings, ...options.settings }
    return {
      ls_provider: 'llmux',
      ls_model_name: this.model,
      ls_model_type: 'chat',
      ...(typeof temperature === 'number' && { ls_temperature: temperature }),
      ...(typeof maxTokens === 'number' && { ls_max_tokens: maxTokens }),
    }
  }

  override invocationParams(options?: this['ParsedCallOptions']): Record<string, unknown> {
    const { tools, tool_choice: choice, stop, signal, timeout } = options ?? {}
    return {
      model: this.model,
      ...this.#settings,
      ...options?.settings,
      ...(tools?.length && { tools: tools.map((tool) => convertToOpenAITool(tool as Record<string, unknown>)) }),
      ...(choice !== undefined && { tool_choice: toToolChoice(choice) }),
      ...(stop && { stop }),
      ...(signal && { signal }),
      ...(timeout !== undefined && { timeout }),
    }
  }

  override bindTools(
    tools: BindToolsInput[],
    options?: Partial<ChatLlmuxCallOptions>,
  ): Runnable<BaseLanguageModelInput, AIMessageChunk, ChatLlmuxCallOptions> {
    return this.withConfig({ tools, ...options })
  }

  async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const request = { ...this.invocationParams(options), messages: toMessages(messages) }
    const answer = (await this.#target.completion(request as unknown as CompletionRequest<false>)) as ChatCompletion
    return { generations: answer.choices.map((choice) => toGeneration(answer, choice)) }
  }

  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const request = { ...this.invocationParams(options), messages: toMessages(messages), stream: true }
    const stream = (await this.#target.completion(request as unknown as CompletionRequest<true>)) as CompletionStream
    let [id, model] = ['', this.model]
    for await (const chunk of stream) {
      id = chunk.id
      model = chunk.model
      const out = toGenerationChunk(chunk)
      if (!out) continue
      yield out
      await runManager?.handleLLMNewToken(out.text, undefined, undefined, undefined, undefined, { chunk: out })
    }
    yield toLastChunk(id, model, stream.meta)
  }

  /**
   * Answers that match a schema, by `response_format`. With `method: 'functionCalling'` the schema is the only tool of the call.
   * @param schema zod, another Standard Schema, or JSON Schema
   */
  override withStructuredOutput<Output extends Record<string, unknown> = Record<string, unknown>>(
    schema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<false>,
  ): Runnable<BaseLanguageModelInput, Output>
  override withStructuredOutput<Output extends Record<string, unknown> = Record<string, unknown>>(
    schema: OutputSchema<Output>,
    config?: StructuredOutputMethodOptions<true>,
  ): Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }>
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: OutputSchema<Output>,
    config: StructuredOutputMethodOptions<boolean> = {},
  ): unknown {
    const { name = 'response', includeRaw, strict, method } = config
    const json = isJsonSchema(schema) ? schema : toJsonSchema(schema as SerializableSchema<Output>)
    const parameters = json as Record<string, unknown>
    const strictly = strict === undefined ? {} : { strict }
    if (method === 'functionCalling') {
      const tool = { type: 'function' as const, function: { name, parameters, ...strictly } }
      const model = this.bindTools([tool], { tool_choice: name })
      return assembleStructuredOutputPipeline(model, createFunctionCallingParser(schema, name), includeRaw)
    }
    const format: ResponseFormat =
      method === 'jsonMode'
        ? { type: 'json_object' }
        : { type: 'json_schema', json_schema: { name, schema: parameters, ...strictly } }
    const model = this.withConfig({ settings: { response_format: format } })
    return assembleStructuredOutputPipeline(model, createContentParser(schema), includeRaw)
  }
}

const isJsonSchema = (schema: object): boolean => !('~standard' in schema) && !('_def' in schema)

/** LangChain's choices: `any` is OpenAI's `required`, and another text is the name of a tool. */
function toToolChoice(choice: NonNullable<BaseChatModelCallOptions['tool_choice']>): ToolChoice {
  if (typeof choice !== 'string') return choice as ToolChoice
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice
  return choice === 'any' ? 'required' : { type: 'function', function: { name: choice } }
}

function checkTarget(target: unknown, method: 'completion' | 'embedding'): void {
  if (typeof (target as Partial<Target> | undefined)?.[method] === 'function') return
  throw new BadRequestError(`'target' must be a client of createClient() or a Router; ${got(target)}.`)
}

/** Fields of {@link LlmuxEmbeddings}. */
export interface LlmuxEmbeddingsFields extends EmbeddingsParams {
  /** A client of `createClient()`, or a Router. */
  target: Target
  /** `provider/model`, or the model group of a Router. */
  model: KnownEmbeddingModel | (string & {})
  /** Settings of every call: parameters in snake_case, options in camelCase. */
  settings?: Partial<Omit<EmbeddingRequest, 'model' | 'input' | 'vectorType'>> | undefined
}

/**
 * Embeddings of LangChain over a client or a Router. Long lists are split by the limits of the provider.
 * @throws {BadRequestError} if the target is no client and no Router
 * @example
 * const embeddings = new LlmuxEmbeddings({ target: createClient(), model: 'openai/text-embedding-3-small' })
 */
export class LlmuxEmbeddings extends Embeddings {
  /** `provider/model`, or a model group. */
  readonly model: string
  readonly #target: Target
  readonly #settings: NonNullable<LlmuxEmbeddingsFields['settings']>

  constructor({ target, model, settings = {}, ...params }: LlmuxEmbeddingsFields) {
    super(params)
    checkTarget(target, 'embedding')
    this.#target = target
    this.model = model
    this.#settings = settings
  }

  /** Vectors in the order of the documents. */
  async embedDocuments(documents: string[]): Promise<number[][]> {
    if (documents.length === 0) return []
    const { data } = await this.#target.embedding({ ...this.#settings, model: this.model, input: documents })
    return data.map(({ embedding }) => embedding)
  }

  /** The vector of one text. */
  async embedQuery(document: string): Promise<number[]> {
    const [vector] = await this.embedDocuments([document])
    if (!vector) throw new BadRequestError(`'${this.model}' must answer with one vector; got none.`)
    return vector
  }
}
