import { Assembler } from '../../call/assemble.js'
import { CompletionStream } from '../../call/completion-stream.js'
import { joinedMeta, withMeta } from '../../call/meta.js'
import { Pipe, type PipeSource } from '../../call/pipe.js'
import { AbortError, LLMError } from '../../errors.js'
import type { ChatCompletion, ChatCompletionChunk, Usage } from '../../types/chat.js'
import type { CallMeta } from '../../types/meta.js'

/** Asks another deployment to go on after `text`. */
export type Continue = (text: string, error: LLMError) => Promise<CompletionStream>

/**
 * A stream that survives the loss of its deployment: what comes after the break is another deployment's continuation of the text
 * so far. The reader sees one answer, with one id.
 */
export function resumable(
  first: CompletionStream,
  showUsage: boolean,
  goOn: Continue,
  complete: (answer: ChatCompletion) => ChatCompletion | Promise<ChatCompletion>,
): CompletionStream {
  const resuming = new Resuming(first, showUsage, goOn, complete)
  return new CompletionStream(resuming.parts())
}

/** Continuations of one answer. Each has brought a piece of it. */
const mostBreaks = 10

class Resuming implements PipeSource {
  readonly #pipe = new Pipe<ChatCompletionChunk>(this)
  readonly #assembler = new Assembler()
  readonly #goOn: Continue
  readonly #showUsage: boolean
  /** Those that broke, and the one that is read. */
  readonly #metas: CallMeta[]
  #current: CompletionStream
  #head: ChatCompletionChunk | undefined
  #spent: Usage | undefined
  #breaks = 0
  #paused: { promise: Promise<void>; go: () => void } | undefined
  #left = false
  /** White space at the end of the text that the continuation was not told: it may say it again. */
  #tail = ''

  readonly #complete: (answer: ChatCompletion) => ChatCompletion | Promise<ChatCompletion>

  constructor(
    first: CompletionStream,
    showUsage: boolean,
    goOn: Continue,
    complete: (answer: ChatCompletion) => ChatCompletion | Promise<ChatCompletion>,
  ) {
    this.#complete = complete
    this.#current = first
    this.#metas = [first.meta]
    this.#showUsage = showUsage
    this.#goOn = goOn
    void this.#pump()
  }

  parts() {
    return {
      pipe: this.#pipe,
      meta: this.#meta(),
      soFar: () => this.#soFar(),
      partial: () => this.#soFar(),
      complete: async () => this.#complete(this.#soFar()),
      cancel: (error: AbortError) => {
        this.#left = true
        this.#current.abort(error.cause)
        this.#pipe.finish(error)
      },
    }
  }

  pause(): void {
    if (this.#paused) return
    let go = () => {}
    const promise = new Promise<void>((resolve) => {
      go = resolve
    })
    this.#paused = { promise, go }
  }

  resume(): void {
    this.#paused?.go()
    this.#paused = undefined
  }

  leave(): void {
    this.#left = true
    this.#current.abort('left')
    this.#pipe.finish(new AbortError('The stream was left before its end.', { partial: this.#soFar() }))
  }

  async #pump(): Promise<void> {
    for (;;) {
      try {
        for await (const chunk of this.#current) {
          this.#put(chunk)
          if (this.#paused) await this.#paused.promise
        }
        this.#pipe.finish()
        return
      } catch (error) {
        if (this.#left) return
        const next = LLMError.is(error) ? await this.#next(error) : error
        if (!(next instanceof CompletionStream)) {
          const failure = next instanceof Error ? next : new AbortError('The stream ended.', { cause: next })
          Object.defineProperty(failure, 'partial', { value: this.#soFar(), enumerable: false, configurable: true })
          this.#pipe.finish(failure)
          return
        }
        this.#current = next
        this.#metas.push(next.meta)
      }
    }
  }

  /** The continuation, or the error that the reader gets. */
  async #next(error: LLMError): Promise<CompletionStream | Error> {
    const { choices } = this.#assembler.answer()
    const [choice] = choices
    const text = choice?.message.content ?? ''
    const textOnly =
      choices.length === 1 && !choice?.message.tool_calls && !choice?.message.refusal && text.trim() !== ''
    if (!textOnly || error.code === 'aborted' || !error.retryable || this.#breaks++ >= mostBreaks) return error
    const known = text.trimEnd()
    try {
      const next = await this.#goOn(known, error)
      if (this.#left) {
        next.abort('left')
        return error
      }
      this.#tail = text.slice(known.length)
      const { usage } = this.#metas.at(-1) ?? {}
      if (usage && 'completion_tokens' in usage) this.#spent = sum(this.#spent, usage)
      return next
    } catch {
      // nobody can go on: the break is what the reader must know
      return error
    }
  }

  #put(chunk: ChatCompletionChunk): void {
    this.#head ??= chunk
    const { id, created, model } = this.#head
    const choices = this.#breaks === 0 ? chunk.choices : chunk.choices.map((choice) => this.#joined(choice))
    const whole = chunk.usage && this.#spent ? { usage: sum(this.#spent, chunk.usage) } : undefined
    const put = this.#breaks === 0 ? chunk : { ...chunk, id, created, model, choices, ...whole }
    this.#assembler.add(put)
    if (put.usage && put.choices.length === 0 && !this.#showUsage) return
    this.#pipe.put(put)
  }

  /** No second `role`, and no white space twice. */
  #joined(choice: ChatCompletionChunk['choices'][number]): ChatCompletionChunk['choices'][number] {
    const { role: _, ...delta } = choice.delta
    if (this.#tail !== '' && typeof delta.content === 'string' && delta.content !== '') {
      let same = 0
      while (same < this.#tail.length && delta.content[same] === this.#tail[same]) same++
      delta.content = delta.content.slice(same)
      this.#tail = ''
    }
    return { ...choice, delta }
  }

  #soFar(): ChatCompletion {
    return withMeta(this.#assembler.answer(), this.#meta())
  }

  #meta(): CallMeta {
    return joinedMeta(this.#metas, () => this.#assembler.usage)
  }
}

function sum(a: Usage | undefined, b: Usage): Usage {
  if (!a) return b
  return {
    ...b,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  }
}
