import type { ChatDialect, ChatStreamDecoder, DecodeContext, Decoded } from '../../providers/contract.js'
import type { ChatCompletion, ChatCompletionChunk, ChunkChoice, Usage } from '../types/chat.js'
import { Assembler, chunksOf } from './assemble.js'
import { type Billing, billingOf } from './billing.js'
import type { StreamAccumulator } from './stream-accumulator.js'

/** Accumulates the events of a stream to chunks and to a chat answer. */
export class ChatAccumulator implements StreamAccumulator<ChatCompletionChunk, ChatCompletion> {
  readonly #dialect: ChatDialect
  readonly #context: DecodeContext
  readonly #decoder: ChatStreamDecoder
  readonly #assembler = new Assembler()
  /** Whether the caller requested the usage chunk. */
  readonly #includeUsage: boolean

  constructor(dialect: ChatDialect, context: DecodeContext, includeUsage: boolean) {
    this.#dialect = dialect
    this.#context = context
    this.#decoder = dialect.stream(context)
    this.#includeUsage = includeUsage
  }

  push(event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    this.#decoder.push(event, data, out)
  }

  get done(): boolean {
    return this.#decoder.done
  }

  end(out: ChatCompletionChunk[]): boolean {
    return this.#decoder.end(out)
  }

  pushAnswer(body: unknown, out: ChatCompletionChunk[]): void {
    out.push(...chunksOf(this.#dialect.decode(body, this.#context)))
  }

  add(chunk: ChatCompletionChunk): 'hidden' | 'quiet' | 'content' {
    this.#assembler.add(chunk)
    // usage is always requested for `meta`; the chunk is visible only to callers that requested it
    if (chunk.usage && chunk.choices.length === 0 && !this.#includeUsage) return 'hidden'
    for (const choice of chunk.choices) if (isContent(choice)) return 'content'
    return 'quiet'
  }

  get started(): boolean {
    return this.#assembler.started
  }

  get usage(): Usage | undefined {
    return this.#assembler.usage
  }

  get nativeFinishReason(): string | undefined {
    return this.#assembler.nativeFinishReason
  }

  answer(): Decoded<ChatCompletion> {
    return this.#assembler.answer()
  }

  partial(): Decoded<ChatCompletion> {
    return this.#assembler.answer()
  }

  billing(): Billing {
    return billingOf(this.#assembler.priced())
  }
}

/** Whether a chunk has content: text, reasoning, a tool call, a refusal, audio, an image, or the end. */
function isContent({ delta, finish_reason }: ChunkChoice): boolean {
  return !!(
    delta.content ||
    delta.reasoning_content ||
    delta.tool_calls ||
    delta.refusal ||
    finish_reason ||
    delta.thinking_blocks ||
    delta.audio ||
    delta.function_call ||
    delta.images
  )
}
