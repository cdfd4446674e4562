import { Assembler } from '../../call/assemble.js'
import { CompletionStream } from '../../call/completion-stream.js'
import { joinedMeta, withMeta } from '../../call/meta.js'
import { Gate, Pipe, type PipeSource } from '../../call/pipe.js'
import { parseAnswer } from '../../call/structured.js'
import { isSchema } from '../../call/validate.js'
import { AbortError, LLMError } from '../../errors.js'
import type { ChatCompletion, ChatCompletionChunk, Usage } from '../../types/chat.js'
import type { CallMeta } from '../../types/meta.js'
import type { CompletionRequest } from '../../types/options.js'
import { runWithFallbacks } from './fallbacks.js'
import { RoutedCall } from './routed-call.js'

/**
 * A stream that survives the loss of its deployment: another one continues the text so far. The reader sees one answer with
 * one id.
 */
export function resumable(call: RoutedCall, first: CompletionStream): CompletionStream {
  return new CompletionStream(new ResumedStream(call, first).parts())
}

/** Continues the text of a broken stream with another deployment. */
async function continueText(call: RoutedCall, text: string, error: LLMError): Promise<CompletionStream> {
  const { context, request, requested, answeredBy } = call
  const { messages } = request as Partial<CompletionRequest>
  const prefix = { role: 'assistant', content: text, prefix: true }
  const { resume: _, ...options } = call.options
  const given = {
    ...request,
    ...options,
    model: requested,
    messages: [...(messages ?? []), prefix],
    stream_options: { include_usage: true },
  }
  const next = new RoutedCall(context, 'chat', given, call, { deployment: answeredBy, prefix })
  const stream = (await runWithFallbacks(next)) as CompletionStream
  // if it breaks again, this deployment is the one that broke
  call.answeredBy = next.answeredBy
  const to = stream.meta.router?.deployment ?? ''
  context.events.emit({ type: 'resume', from: answeredBy?.id ?? '', to, error })
  return stream
}

/** Continuations of one answer. */
const maxContinuations = 10

class ResumedStream implements PipeSource {
  readonly #call: RoutedCall
  readonly #pipe = new Pipe<ChatCompletionChunk>(this)
  readonly #assembler = new Assembler()
  /** Whether the caller asked for usage. */
  readonly #showUsage: boolean
  /** Of the broken streams and the current one. */
  readonly #metas: CallMeta[]
  #current: CompletionStream
  #head: ChatCompletionChunk | undefined
  /** Usage of the broken streams. */
  #earlierUsage: Usage | undefined
  #breaks = 0
  readonly #gate = new Gate()
  #left = false
  /** Whitespace at the end of the text that was not sent with it: the continuation may repeat it. */
  #trailing = ''

  constructor(call: RoutedCall, first: CompletionStream) {
    const { stream_options: options } = call.request as Partial<CompletionRequest>
    this.#call = call
    this.#current = first
    this.#metas = [first.meta]
    this.#showUsage = options?.include_usage === true
    void this.#pump()
  }

  parts() {
    return {
      pipe: this.#pipe,
      meta: this.#meta(),
      soFar: () => this.#soFar(),
      partial: () => this.#soFar(),
      complete: async () => this.#complete(),
      cancel: (error: AbortError) => {
        this.#left = true
        this.#current.abort(error.cause)
        this.#pipe.finish(error)
      },
    }
  }

  pause(): boolean {
    return this.#gate.pause()
  }

  resume(): void {
    this.#gate.resume()
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
          if (this.#gate.closed) await this.#gate.closed
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

  /** The continuation, or the error for the reader. */
  async #next(error: LLMError): Promise<CompletionStream | Error> {
    const { choices } = this.#assembler.answer()
    const [choice] = choices
    const text = choice?.message.content ?? ''
    const isText = choices.length === 1 && !choice?.message.tool_calls && !choice?.message.refusal && text.trim() !== ''
    if (!isText || error.code === 'aborted' || !error.retryable || this.#breaks++ >= maxContinuations) return error
    const known = text.trimEnd()
    try {
      const next = await continueText(this.#call, known, error)
      if (this.#left) {
        next.abort('left')
        return error
      }
      this.#trailing = text.slice(known.length)
      const usage = this.#metas.at(-1)?.usage as Usage | undefined
      if (usage) this.#earlierUsage = addUsage(this.#earlierUsage, usage)
      return next
    } catch {
      // no deployment can continue: the reader needs the original error
      return error
    }
  }

  #put(chunk: ChatCompletionChunk): void {
    this.#head ??= chunk
    const { id, created, model } = this.#head
    const choices = this.#breaks === 0 ? chunk.choices : chunk.choices.map((choice) => this.#join(choice))
    const total = chunk.usage && this.#earlierUsage ? { usage: addUsage(this.#earlierUsage, chunk.usage) } : undefined
    const put = this.#breaks === 0 ? chunk : { ...chunk, id, created, model, choices, ...total }
    this.#assembler.add(put)
    if (put.usage && put.choices.length === 0 && !this.#showUsage) return
    this.#pipe.put(put)
  }

  /** Removes a second `role` and repeated whitespace. */
  #join(choice: ChatCompletionChunk['choices'][number]): ChatCompletionChunk['choices'][number] {
    const { role: _, ...delta } = choice.delta
    if (this.#trailing !== '' && typeof delta.content === 'string' && delta.content !== '') {
      let same = 0
      while (same < this.#trailing.length && delta.content[same] === this.#trailing[same]) same++
      delta.content = delta.content.slice(same)
      this.#trailing = ''
    }
    return { ...choice, delta }
  }

  #complete(): ChatCompletion | Promise<ChatCompletion> {
    const { response_format: format } = this.#call.request as Partial<CompletionRequest>
    return isSchema(format) ? parseAnswer(this.#soFar(), format) : this.#soFar()
  }

  #soFar(): ChatCompletion {
    return withMeta(this.#assembler.answer(), this.#meta())
  }

  #meta(): CallMeta {
    return joinedMeta(this.#metas, () => this.#assembler.usage)
  }
}

function addUsage(a: Usage | undefined, b: Usage): Usage {
  if (!a) return b
  return {
    ...b,
    prompt_tokens: a.prompt_tokens + b.prompt_tokens,
    completion_tokens: a.completion_tokens + b.completion_tokens,
    total_tokens: a.total_tokens + b.total_tokens,
  }
}
