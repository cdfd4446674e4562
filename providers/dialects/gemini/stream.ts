import type { ChatCompletionChunk, ChunkChoice } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { ResponseReader } from './decode.js'
import type { GeminiQuirks } from './scope.js'

/**
 * Decodes a stream. Every event is a response with the additions; calls come complete. There is no end mark, and a second finish reason
 * may follow the first, so the answer ends with its bytes.
 * https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
 */
export class GeminiStream implements ChatStreamDecoder {
  done = false
  /** Whether an event was read. */
  #read = false
  readonly #reader: ResponseReader
  readonly #started = new Set<number>()

  constructor(context: DecodeContext<GeminiQuirks>) {
    this.#reader = new ResponseReader(context)
  }

  push(_event: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch {
      // some proxies end with OpenAI's mark
      if (data.trim() === '[DONE]') return
      throw new ProviderFault('its stream has an event that is not JSON')
    }
    if (!Array.isArray(event)) return this.#add(event, out)
    for (const one of event) this.#add(one, out)
  }

  #add(event: unknown, out: ChatCompletionChunk[]): void {
    this.#read = true
    for (const choice of this.#reader.add(event)) out.push(this.#chunk(choice))
  }

  end(out: ChatCompletionChunk[]): boolean {
    if (this.done) return true
    if (!this.#reader.complete) {
      if (this.#read && this.#reader.empty) throw new ProviderFault("its stream has no 'candidates'")
      return false
    }
    this.done = true
    for (const choice of this.#reader.finish()) out.push(this.#chunk(choice))
    const { usage, ...rest } = this.#reader.tail()
    const last = out.at(-1)
    // only usage needs a chunk of its own
    if (usage) out.push({ ...this.#head(), choices: [], usage, ...rest })
    else if (last) Object.assign(last, rest)
    return true
  }

  #chunk(choice: ChunkChoice): ChatCompletionChunk {
    const { id, created, model } = this.#reader
    const chunk: ChatCompletionChunk = { id, object: 'chat.completion.chunk', created, model, choices: [choice] }
    if (!this.#started.has(choice.index)) {
      this.#started.add(choice.index)
      chunk.choices = [{ ...choice, delta: { role: 'assistant', ...choice.delta } }]
    }
    return chunk
  }

  #head() {
    const { id, created, model } = this.#reader
    return { id, object: 'chat.completion.chunk' as const, created, model }
  }
}
