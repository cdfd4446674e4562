import type { LanguageModelV3StreamPart } from '@ai-sdk/provider'
import type { CompletionStream } from '../../call/completion-stream.js'
import type { ChatCompletionChunk, Delta, FinishReason, ToolCallDelta } from '../../types/chat.js'
import type { FunctionToolCall, ThinkingBlocks, ToolCall } from '../../types/messages.js'
import { callMetadata, metadata, toFile, toFinishReason, toSources, toToolCall, toUsage } from './answer.js'
import { toWarnings } from './request.js'

type Parts = LanguageModelV3StreamPart[]

/** The parts of a streamed answer. Cancelling the result closes the connection. */
export function toParts(
  stream: CompletionStream<unknown>,
  includeRawChunks: boolean,
): ReadableStream<LanguageModelV3StreamPart> {
  const chunks = stream[Symbol.asyncIterator]()
  const encoder = new PartEncoder()
  let started = false
  return new ReadableStream<LanguageModelV3StreamPart>({
    async pull(controller) {
      const out: Parts = []
      if (!started) {
        started = true
        out.push({ type: 'stream-start', warnings: toWarnings(stream.meta.warnings) })
      }
      try {
        // a chunk may have nothing to show; pull() must enqueue something
        while (out.length === 0) {
          const { done, value } = await chunks.next()
          if (done) {
            encoder.end(stream, out)
            for (const part of out) controller.enqueue(part)
            return controller.close()
          }
          if (includeRawChunks) out.push({ type: 'raw', rawValue: value })
          encoder.push(value, out)
        }
      } catch (error) {
        encoder.close(out)
        out.push({ type: 'error', error })
        for (const part of out) controller.enqueue(part)
        return controller.close()
      }
      for (const part of out) controller.enqueue(part)
    },
    async cancel() {
      await chunks.return?.()
    },
  })
}

/** Text or reasoning that is open, with its id. */
interface Open {
  readonly kind: 'text' | 'reasoning'
  readonly id: string
}

/** A state machine: chunks of the first choice in, parts out. */
class PartEncoder {
  #headed = false
  #open: Open | undefined
  /** Reasoning since the last signature. */
  #unsigned = ''
  #blocks = 0
  #sources = 0
  #fields: Record<string, unknown> = {}
  #finish: FinishReason | null = null
  #native: string | undefined
  readonly #calls = new Map<number, ToolCall>()

  push(chunk: ChatCompletionChunk, out: Parts): void {
    if (!this.#headed) {
      this.#headed = true
      const { id, model: modelId, created } = chunk
      out.push({ type: 'response-metadata', id, modelId, timestamp: new Date(created * 1000) })
    }
    const choice = chunk.choices.find(({ index }) => index === 0)
    if (!choice) return
    this.#delta(choice.delta, out)
    if (choice.finish_reason) this.#finish = choice.finish_reason
    if (choice.native_finish_reason) this.#native = choice.native_finish_reason
  }

  #delta(delta: Delta, out: Parts): void {
    if (delta.thinking_blocks) for (const block of delta.thinking_blocks) this.#thinking(block, out)
    else if (delta.reasoning_content) this.#append('reasoning', delta.reasoning_content, out)
    const text = delta.content || delta.refusal || delta.audio?.transcript
    if (text) this.#append('text', text, out)
    for (const call of delta.tool_calls ?? []) this.#call(call, out)
    for (const image of delta.images ?? []) out.push(...toFile(image))
    if (delta.annotations) {
      const sources = toSources(delta.annotations, this.#sources)
      this.#sources += sources.length
      out.push(...sources)
    }
    if (delta.provider_specific_fields) this.#addFields(delta.provider_specific_fields)
  }

  #addFields(fields: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(fields)) {
      const before = this.#fields[name]
      this.#fields[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value
    }
  }

  #thinking(block: ThinkingBlocks[number], out: Parts): void {
    if (block.type === 'redacted_thinking') {
      this.#close(out)
      this.#start('reasoning', out)
      this.#close(out, { redactedData: block.data })
      return
    }
    // a complete block repeats the reasoning before it; a growing one continues it
    const repeated = block.thinking === this.#unsigned
    if (block.thinking && !repeated) this.#append('reasoning', block.thinking, out)
    if (block.signature === undefined) return
    const { signature } = block
    if (this.#open?.kind === 'reasoning') this.#close(out, { signature })
    else {
      this.#start('reasoning', out)
      this.#close(out, { signature, thinking: block.thinking })
    }
    this.#unsigned = ''
  }

  #append(kind: Open['kind'], delta: string, out: Parts): void {
    if (this.#open?.kind !== kind) this.#start(kind, out)
    const { id } = this.#open as Open
    if (kind === 'reasoning') this.#unsigned += delta
    out.push({ type: `${kind}-delta`, id, delta })
  }

  #start(kind: Open['kind'], out: Parts): void {
    this.#close(out)
    this.#open = { kind, id: String(this.#blocks++) }
    out.push({ type: `${kind}-start`, id: this.#open.id })
  }

  #close(out: Parts, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#open) return
    const { kind, id } = this.#open
    this.#open = undefined
    out.push({ type: `${kind}-end`, id, ...metadata(fields) })
  }

  #call({ index, id, function: own, custom, provider_specific_fields: fields }: ToolCallDelta, out: Parts): void {
    let call = this.#calls.get(index)
    const delta = own?.arguments ?? custom?.input ?? ''
    if (!call) {
      const name = own?.name ?? custom?.name ?? ''
      const callId = id ?? `call_${index}`
      call = custom
        ? { id: callId, type: 'custom', custom: { name, input: '' } }
        : { id: callId, type: 'function', function: { name, arguments: '' } }
      this.#calls.set(index, call)
      this.#close(out)
      out.push({
        type: 'tool-input-start',
        id: callId,
        toolName: name,
        ...(custom && { inputEncoding: 'text' as const }),
      })
    }
    if (fields) (call as FunctionToolCall).provider_specific_fields = fields
    if (!delta) return
    if (call.type === 'function') call.function.arguments += delta
    else call.custom.input += delta
    out.push({ type: 'tool-input-delta', id: call.id, delta })
  }

  /** Ends an open part, after a failure. */
  close(out: Parts): void {
    this.#close(out)
  }

  end({ meta }: CompletionStream<unknown>, out: Parts): void {
    let messageFields: unknown = Object.keys(this.#fields).length > 0 ? this.#fields : undefined
    // the fields of the message go with one of its parts, so that the next request has them
    if (messageFields && this.#open === undefined && this.#calls.size === 0) this.#start('text', out)
    if (this.#open) {
      this.#close(out, { messageFields })
      messageFields = undefined
    }
    for (const call of this.#calls.values()) {
      out.push({ type: 'tool-input-end', id: call.id }, toToolCall(call, messageFields))
      messageFields = undefined
    }
    out.push({
      type: 'finish',
      usage: toUsage(meta.usage as Parameters<typeof toUsage>[0]),
      finishReason: toFinishReason(this.#finish, this.#native),
      providerMetadata: callMetadata(meta),
    })
  }
}
