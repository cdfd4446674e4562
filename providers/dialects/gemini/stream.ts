import type { ChatCompletionChunk, ChunkChoice } from '../../../src/types/chat.js'
import { type ChatStreamDecoder, type DecodeContext, ProviderFault } from '../../contract.js'
import { rejectErrorEvent } from '../../fields.js'
import { RepeatedEvent, valuesOf } from '../../shared/repeated-event.js'
import { ResponseReader } from './decode.js'
import type { GeminiQuirks } from './scope.js'
import { type Fields, isFields } from './wire.js'

/** Counters of the usage so far. The last event has those that count. */
const counters = valuesOf(
  'promptTokenCount',
  'cachedContentTokenCount',
  'toolUsePromptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'totalTokenCount',
  'tokenCount',
)

/** Removes the text of an event's only part, and the usage. */
function takeText(event: Fields): unknown {
  const part = onlyPart(event)
  delete event.usageMetadata
  const text = part?.text
  delete part?.text
  return text
}

/** The part of an event with one candidate that has one part, and nothing else. */
function onlyPart({ candidates }: Fields): Fields | undefined {
  const candidate: unknown = Array.isArray(candidates) && candidates.length === 1 ? candidates[0] : undefined
  const content = isFields(candidate) && hasOnly(candidate, 'content', 'index') ? candidate.content : undefined
  const parts = isFields(content) && hasOnly(content, 'parts', 'role') ? content.parts : undefined
  const part: unknown = Array.isArray(parts) && parts.length === 1 ? parts[0] : undefined
  return isFields(part) ? part : undefined
}

function hasOnly(fields: Fields, one: string, other: string): boolean {
  for (const name in fields) if (name !== one && name !== other) return false
  return true
}

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
  readonly #texts = new RepeatedEvent('text', takeText, counters)
  /** The candidate of the learned event. */
  #candidate = -1
  /** Whether the last event was text of that candidate, and nothing else. */
  #continues = false
  /** The last event whose usage was not read. */
  #unread: string | undefined

  constructor(context: DecodeContext<GeminiQuirks>) {
    this.#reader = new ResponseReader(context)
  }

  push(name: string | undefined, data: string, out: ChatCompletionChunk[]): void {
    if (this.#continues) {
      const text = this.#texts.match(data)
      if (text !== undefined) {
        this.#unread = data
        const choice = this.#reader.addText(this.#candidate, text)
        if (choice) out.push(this.#chunkOf(choice))
        return
      }
    }
    this.#readUsage()
    rejectErrorEvent(name, data)
    let event: unknown
    try {
      event = JSON.parse(data)
    } catch {
      const text = data.trim()
      // keep-alives, and OpenAI's end mark of some proxies
      if (text === '' || text === '[DONE]') return
      throw new ProviderFault('its stream has an event that is not JSON')
    }
    this.#continues = false
    if (!Array.isArray(event)) {
      this.#add(event, out)
      return this.#learn(data, event)
    }
    for (const one of event) this.#add(one, out)
  }

  /** An event with nothing but text is like most that follow. */
  #learn(data: string, event: unknown): void {
    if (!isFields(event)) return
    const part = onlyPart(event)
    if (!part || !hasOnly(part, 'text', 'text') || typeof part.text !== 'string' || part.text === '') return
    const { candidates } = event as { candidates: readonly Fields[] }
    const index = candidates[0]?.index ?? 0
    if (typeof index !== 'number') return
    if (this.#texts.learn(data, part.text)) this.#candidate = index
    this.#continues = this.#candidate === index
  }

  /** Usage of an event counts only if no other follows, so it is read late. */
  #readUsage(): void {
    if (this.#unread === undefined) return
    this.#reader.addUsage((JSON.parse(this.#unread) as Fields).usageMetadata)
    this.#unread = undefined
  }

  #add(event: unknown, out: ChatCompletionChunk[]): void {
    this.#read = true
    for (const choice of this.#reader.add(event)) out.push(this.#chunk(choice))
  }

  end(out: ChatCompletionChunk[]): boolean {
    if (this.done) return true
    this.#readUsage()
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
    const chunk = this.#chunkOf(choice)
    if (!this.#started.has(choice.index)) {
      this.#started.add(choice.index)
      chunk.choices = [{ ...choice, delta: { role: 'assistant', ...choice.delta } }]
    }
    return chunk
  }

  #chunkOf(choice: ChunkChoice): ChatCompletionChunk {
    const { id, created, model } = this.#reader
    return { id, object: 'chat.completion.chunk', created, model, choices: [choice] }
  }

  #head() {
    const { id, created, model } = this.#reader
    return { id, object: 'chat.completion.chunk' as const, created, model }
  }
}
