import { fields, isKeepAlive, repeatTexts, type StreamEvent } from './texts.js'
import type { Hook, HookAnswer, HookWindow } from './types.js'

/** A hook's decision about a text: another text, or undefined. A refusal is thrown. */
type Decide<Subject, Change> = (subject: Subject) => Promise<Change | undefined>

/** A step of a stream. Events that it does not return are held back. */
export interface Stage {
  push(events: readonly StreamEvent[]): Promise<StreamEvent[]>
  end(): Promise<StreamEvent[]>
}

interface Channel {
  /** Text that is held back. */
  text: string
  /** Characters that no window has shown. */
  fresh: number
}

/**
 * Shows a hook a sliding window of each text. A window is the held-back text: the hook sees every phrase of up to `size - stride`
 * characters as a whole before any of it reaches the client.
 */
export class WindowStage implements Stage {
  readonly #stride: number
  readonly #kept: number
  readonly #decide: Decide<HookWindow, string>
  readonly #held: StreamEvent[] = []
  readonly #channels = new Map<string, Channel>()

  constructor({ window }: Hook, decide: Decide<HookWindow, string>) {
    const { size, stride } = sizes(window)
    this.#stride = stride
    this.#kept = size - stride
    this.#decide = decide
  }

  async push(events: readonly StreamEvent[]): Promise<StreamEvent[]> {
    const out: StreamEvent[] = []
    for (const event of events) {
      if (isKeepAlive(event)) out.push(event)
      else if (event.slots.length > 0) {
        this.#held.push(event)
        for (const { channel: name, text } of event.slots) {
          const channel = this.#channel(name)
          channel.text += text
          channel.fresh += text.length
          if (channel.fresh >= this.#stride) await this.#show(name, channel, false)
        }
        this.#release(out)
      } else out.push(...(await this.end()), event)
    }
    return out
  }

  async end(): Promise<StreamEvent[]> {
    if (this.#held.length === 0) return []
    for (const [name, channel] of this.#channels) if (channel.text !== '') await this.#show(name, channel, true)
    this.#channels.clear()
    return this.#held.splice(0)
  }

  #channel(name: string): Channel {
    const found = this.#channels.get(name) ?? { text: '', fresh: 0 }
    this.#channels.set(name, found)
    return found
  }

  async #show(name: string, channel: Channel, last: boolean): Promise<void> {
    const text = await this.#decide({ text: channel.text, channel: name, last })
    channel.fresh = 0
    if (text === undefined || text === channel.text) return
    replaceTexts(this.#held, name, text)
    channel.text = text
  }

  /** Lets the oldest events go that leave enough behind them. */
  #release(out: StreamEvent[]): void {
    for (let event = this.#held[0]; event; event = this.#held[0]) {
      const lengths = new Map<string, number>()
      for (const { channel, text } of event.slots) lengths.set(channel, (lengths.get(channel) ?? 0) + text.length)
      for (const [name, length] of lengths) {
        const { text, fresh } = this.#channel(name)
        if (text.length - length < this.#kept + fresh) return
      }
      for (const [name, length] of lengths) {
        const channel = this.#channel(name)
        channel.text = channel.text.slice(length)
      }
      this.#held.shift()
      out.push(event)
    }
  }
}

export function sizes(window: Hook['window']): { readonly size: number; readonly stride: number } {
  const size = window?.size ?? 200
  return { size, stride: window?.stride ?? Math.max(1, Math.min(50, Math.floor(size / 2))) }
}

/** The first event of a channel gets the text, its others are emptied. */
function replaceTexts(events: readonly StreamEvent[], channel: string, text: string): void {
  let left = text
  for (const event of events) {
    for (const slot of event.slots) {
      if (slot.channel !== channel) continue
      slot.replace(left)
      left = ''
      event.changed = true
    }
  }
}

/** Most characters of a streamed answer that are held back as a whole. */
const mostHeld = 4 * 1024 * 1024

/** Holds a stream back for a hook that looks at whole answers. */
export class WholeStage implements Stage {
  readonly #held: StreamEvent[] = []
  readonly #decide: Decide<HookAnswer, readonly string[]>
  readonly #tooLong: () => void
  #characters = 0
  #open = false

  /** @param tooLong throws, unless the stream may continue without the hook */
  constructor(decide: Decide<HookAnswer, readonly string[]>, tooLong: () => void) {
    this.#decide = decide
    this.#tooLong = tooLong
  }

  async push(events: readonly StreamEvent[]): Promise<StreamEvent[]> {
    if (this.#open) return [...events]
    const out: StreamEvent[] = []
    for (const event of events) {
      if (isKeepAlive(event)) out.push(event)
      else this.#held.push(event)
      this.#characters += event.raw.length
    }
    if (this.#characters <= mostHeld) return out
    this.#tooLong()
    this.#open = true
    return [...out, ...this.#held.splice(0)]
  }

  async end(): Promise<StreamEvent[]> {
    if (this.#open) return []
    const channels = new Map<string, string>()
    for (const { slots } of this.#held)
      for (const { channel, text } of slots) channels.set(channel, (channels.get(channel) ?? '') + text)
    const texts = [...channels.values()]
    const changed = await this.#decide({ texts, text: texts.join('\n'), body: undefined })
    if (changed) {
      for (const [index, name] of [...channels.keys()].entries()) replaceTexts(this.#held, name, changed[index] ?? '')
    }
    return this.#held.splice(0)
  }
}

/** Repeats changed texts in the closing events of the Responses API, and counts events. */
export class RepeatStage implements Stage {
  readonly #streamed = new Map<string, string>()
  /** The response as the client knows it. */
  response: Record<string, unknown> | undefined
  changed = false
  next = 0

  async push(events: readonly StreamEvent[]): Promise<StreamEvent[]> {
    for (const event of events) {
      const { data, slots } = event
      if (!data) continue
      for (const { channel, text } of slots) this.#streamed.set(channel, (this.#streamed.get(channel) ?? '') + text)
      if (slots.length === 0 && repeatTexts(data, this.#streamed)) event.changed = true
      if (event.changed) this.changed = true
      if ('response' in data) this.response = fields(data.response)
      if (typeof data.sequence_number === 'number') this.next = data.sequence_number + 1
    }
    return [...events]
  }

  async end(): Promise<StreamEvent[]> {
    return []
  }
}
