import { BadRequestError, got } from '../errors.js'
import type { Middleware, MiddlewareCallBase } from '../types/middleware.js'

/** Options of {@link thinkTags}. */
export interface ThinkTagsOptions {
  /** Name of the tag. @default 'think' */
  tag?: string | undefined
  /**
   * True for models whose prompt opens the tag, so that the answer begins inside of it (DeepSeek R1 on many servers). @default false
   */
  opened?: boolean | undefined
}

/**
 * Parts the reasoning that a model writes between `<think>` and `</think>` at the beginning of its text into `reasoning_content`, in chat
 * answers and streams. For open models on servers that don't do it.
 * @throws {BadRequestError} if the tag is no name
 * @example
 * client.use(thinkTags())
 */
export function thinkTags({ tag = 'think', opened = false }: ThinkTagsOptions = {}): Middleware {
  if (typeof tag !== 'string' || !/^[\w-]+$/.test(tag)) {
    throw new BadRequestError(`'tag' must be a name such as 'think'; ${got(tag)}.`, { param: 'tag' })
  }
  const tags = { open: `<${tag}>`, close: `</${tag}>`, opened }
  const streams = new WeakMap<MiddlewareCallBase, Map<number, Splitter>>()
  return {
    onResponse(call) {
      if (call.operation !== 'chat') return
      for (const { message } of call.answer.choices) {
        if (typeof message.content !== 'string' || message.reasoning_content !== undefined) continue
        const splitter = new Splitter(tags)
        const parts = joined(splitter.push(message.content), splitter.end())
        if (parts.reasoning === '' && parts.content === message.content) continue
        message.content = parts.content
        if (parts.reasoning !== '') message.reasoning_content = parts.reasoning.trim()
      }
    },
    onChunk(call) {
      if (call.operation !== 'chat') return
      const splitters = streams.get(call) ?? new Map<number, Splitter>()
      streams.set(call, splitters)
      const choices = call.chunk.choices.map((choice) => {
        const { delta, finish_reason: finish, index } = choice
        let splitter = splitters.get(index)
        if (!splitter) {
          splitter = new Splitter(tags)
          splitters.set(index, splitter)
        }
        const nothing = { reasoning: '', content: '' }
        const pushed = typeof delta.content === 'string' ? splitter.push(delta.content) : nothing
        const parts = finish ? joined(pushed, splitter.end()) : pushed
        if (typeof delta.content !== 'string' && parts.content === '' && parts.reasoning === '') return choice
        const { content: _, ...rest } = delta
        const reasoning = (delta.reasoning_content ?? '') + parts.reasoning
        return {
          ...choice,
          delta: {
            ...rest,
            ...((parts.content !== '' || parts.reasoning === '') && { content: parts.content }),
            ...(reasoning !== '' && { reasoning_content: reasoning }),
          },
        }
      })
      return { ...call.chunk, choices }
    },
  }
}

interface Parts {
  readonly reasoning: string
  readonly content: string
}

const joined = (one: Parts, other: Parts): Parts => ({
  reasoning: one.reasoning + other.reasoning,
  content: one.content + other.content,
})

/** Splits a text that comes in pieces. A tag may be cut anywhere. */
class Splitter {
  readonly #tags: { readonly open: string; readonly close: string; readonly opened: boolean }
  #state: 'start' | 'reasoning' | 'gap' | 'content' = 'start'
  #held = ''

  constructor(tags: { readonly open: string; readonly close: string; readonly opened: boolean }) {
    this.#tags = tags
  }

  push(piece: string): Parts {
    let text = this.#held + piece
    this.#held = ''
    let reasoning = ''
    if (this.#state === 'start') {
      const { open, opened } = this.#tags
      const trimmed = text.trimStart()
      if (trimmed.length < open.length && open.startsWith(trimmed)) {
        this.#held = text
        return { reasoning, content: '' }
      }
      // a model whose prompt opens the tag may open it once more
      const again = trimmed.startsWith(open)
      if (!again && !opened) {
        this.#state = 'content'
        return { reasoning, content: text }
      }
      this.#state = 'reasoning'
      if (again) text = trimmed.slice(open.length).trimStart()
    }
    if (this.#state === 'reasoning') {
      const { close } = this.#tags
      const at = text.indexOf(close)
      if (at < 0) {
        const kept = overlap(text, close)
        this.#held = text.slice(text.length - kept)
        return { reasoning: text.slice(0, text.length - kept), content: '' }
      }
      reasoning = text.slice(0, at).trimEnd()
      text = text.slice(at + close.length)
      this.#state = 'gap'
    }
    if (this.#state === 'gap') {
      text = text.trimStart()
      if (text === '') return { reasoning, content: '' }
      this.#state = 'content'
    }
    return { reasoning, content: text }
  }

  /** The rest. A tag that was never closed leaves its text as reasoning. */
  end(): Parts {
    const rest = this.#held
    this.#held = ''
    const inside = this.#state === 'reasoning' || (this.#state === 'start' && this.#tags.opened)
    return inside ? { reasoning: rest, content: '' } : { reasoning: '', content: rest }
  }
}

/** Length of the longest end of a text that a tag begins with. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length--) {
    if (tag.startsWith(text.slice(text.length - length))) return length
  }
  return 0
}
