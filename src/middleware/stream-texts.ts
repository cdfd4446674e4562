import type { ChatCompletionChunk, Delta } from '../types/chat.js'
import type { ChunkCall } from '../types/middleware.js'
import { changeTexts } from './texts.js'

/** Changes a text that comes in pieces: a piece may be held back until the next one. */
export interface PieceChanger {
  /** The text that can be passed on after this piece. */
  push(piece: string): string
  /** The rest. */
  end(): string
}

/** Changes the texts of one stream, of any API. Held-back text is passed on before the end of its part. */
export class StreamTexts {
  readonly #make: (json: boolean) => PieceChanger
  readonly #whole: (text: string, json: boolean) => string
  readonly #changers = new Map<string, PieceChanger>()
  /** Events of the Responses API that were added. */
  #added = 0
  /** The last event with text of an open part, as the form of a further one. */
  readonly #last = new Map<string, Record<string, unknown>>()

  /**
   * @param make makes the changer of a text that comes in pieces
   * @param whole changes a whole text
   */
  constructor(make: (json: boolean) => PieceChanger, whole: (text: string, json: boolean) => string) {
    this.#make = make
    this.#whole = whole
  }

  /** The chunks in the place of a chunk. */
  change(call: ChunkCall): object | readonly object[] {
    switch (call.operation) {
      case 'chat':
        return this.#chat(call.chunk)
      case 'messages':
        return this.#messages(call.chunk)
      case 'responses':
        return this.#responses(call.chunk as unknown as Record<string, unknown>)
      case 'generateContent':
        return this.#gemini(call.chunk as Record<string, unknown>)
      default:
        return call.chunk as object
    }
  }

  #push(key: string, piece: string, json = false): string {
    let changer = this.#changers.get(key)
    if (!changer) {
      changer = this.#make(json)
      this.#changers.set(key, changer)
    }
    return changer.push(piece)
  }

  #end(key: string): string {
    const rest = this.#changers.get(key)?.end() ?? ''
    this.#changers.delete(key)
    return rest
  }

  #chat(chunk: ChatCompletionChunk): ChatCompletionChunk {
    const choices = chunk.choices.map((choice) => {
      const { index, finish_reason: finish } = choice
      const delta: Delta = { ...choice.delta }
      for (const field of ['content', 'reasoning_content', 'refusal'] as const) {
        const text = delta[field]
        const key = `${index} ${field}`
        const pushed = typeof text === 'string' ? this.#push(key, text) : ''
        const put = finish ? pushed + this.#end(key) : pushed
        if (typeof text === 'string' || put !== '') delta[field] = put
      }
      if (delta.tool_calls) {
        delta.tool_calls = delta.tool_calls.map((call) => {
          const { function: fn, custom } = call
          const key = `${index} tool ${call.index}`
          if (fn?.arguments) {
            return { ...call, function: { ...fn, arguments: this.#push(`${key} json`, fn.arguments, true) } }
          }
          return custom?.input
            ? { ...call, custom: { ...custom, input: this.#push(`${key} text`, custom.input) } }
            : call
        })
      }
      if (finish) this.#endTools(index, delta)
      return { ...choice, delta }
    })
    return { ...chunk, choices }
  }

  /** Passes on what is left of the arguments of tool calls. */
  #endTools(index: number, delta: Delta): void {
    for (const key of [...this.#changers.keys()]) {
      const [choice, kind, tool, form] = key.split(' ')
      if (choice !== String(index) || kind !== 'tool') continue
      const rest = this.#end(key)
      if (rest === '') continue
      const part = form === 'json' ? { function: { arguments: rest } } : { custom: { input: rest } }
      delta.tool_calls = [...(delta.tool_calls ?? []), { index: Number(tool), ...part }]
    }
  }

  #messages(event: Readonly<Record<string, unknown>>): object | readonly object[] {
    const key = String(event.index)
    if (event.type === 'content_block_delta') {
      const delta = event.delta as Readonly<Record<string, unknown>>
      const field =
        delta.type === 'text_delta' ? 'text' : delta.type === 'input_json_delta' ? 'partial_json' : undefined
      if (!field) return event
      this.#last.set(key, { ...event })
      const text = this.#push(key, String(delta[field] ?? ''), field === 'partial_json')
      return { ...event, delta: { ...delta, [field]: text } }
    }
    if (event.type !== 'content_block_stop') return changeTexts(event, this.#whole)
    const rest = this.#end(key)
    const last = this.#last.get(key)
    if (rest === '' || !last) return event
    const delta = last.delta as Readonly<Record<string, unknown>>
    const field = delta.type === 'text_delta' ? 'text' : 'partial_json'
    return [{ ...last, delta: { ...delta, [field]: rest } }, event]
  }

  #responses(event: Readonly<Record<string, unknown>>): readonly object[] {
    const number = event.sequence_number
    const put = (one: object): object =>
      typeof number === 'number' ? { ...one, sequence_number: number + this.#added } : one
    const { type } = event
    if (typeof type !== 'string') return [event]
    const key = [event.output_index, event.content_index ?? event.summary_index ?? '', type.replace(/\.\w+$/, '')].join(
      ' ',
    )
    if (type.endsWith('.delta') && typeof event.delta === 'string') {
      this.#last.set(key, { ...event })
      return [put({ ...event, delta: this.#push(key, event.delta, type.includes('arguments')) })]
    }
    const done = put(changeTexts(event, this.#whole))
    const last = type.endsWith('.done') ? this.#last.get(key) : undefined
    const rest = last ? this.#end(key) : ''
    if (rest === '' || !last) return [done]
    const more = put({ ...last, delta: rest })
    this.#added++
    return [more, put(changeTexts(event, this.#whole))]
  }

  #gemini(event: Readonly<Record<string, unknown>>): object {
    const { candidates } = event
    if (!Array.isArray(candidates)) return event
    const changed = candidates.map((candidate: Record<string, unknown>, at) => {
      const content = candidate.content as { parts?: Record<string, unknown>[] } | undefined
      const key = (part: Readonly<Record<string, unknown>>) => `${candidate.index ?? at} ${part.thought === true}`
      const parts = (content?.parts ?? []).map((part) =>
        typeof part.text === 'string'
          ? { ...part, text: this.#push(key(part), part.text) }
          : changeTexts(part, this.#whole),
      )
      if (candidate.finishReason) {
        for (const thought of [true, false]) {
          const rest = this.#end(key({ thought }))
          if (rest !== '') parts.push({ text: rest, ...(thought && { thought }) })
        }
      }
      return content || parts.length > 0 ? { ...candidate, content: { role: 'model', ...content, parts } } : candidate
    })
    return { ...event, candidates: changed }
  }
}
