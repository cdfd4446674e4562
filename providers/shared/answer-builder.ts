import type { AnswerMessage, Choice, FinishReason } from '../../src/types/chat.js'
import type { Annotation, FunctionToolCall, ImagePart } from '../../src/types/messages.js'
import type { Fields } from '../fields.js'
import { objectInput } from './calls.js'
import { answerText, type EncodeState, originalName, renamedProperties } from './encode-state.js'
import { agreeWithCalls } from './finish-reason.js'
import { originalFields } from './property-names.js'

/** The citations of a block. */
export interface Citations {
  /** Citations of web pages, in OpenAI's shape. */
  readonly annotations: Annotation[]
  /** All citations, in the provider's shape. */
  readonly citations: Fields[]
}

/** Builds an answer from its blocks, one by one. */
export class AnswerBuilder {
  content: string | undefined
  reasoning: string | undefined
  readonly thinking: NonNullable<AnswerMessage['thinking_blocks']> = []
  readonly calls: FunctionToolCall[] = []
  readonly images: ImagePart[] = []
  readonly #cited: Citations = { annotations: [], citations: [] }
  /** True once the tool that emulates `response_format` was called. */
  #answered = false
  readonly #encodeState: EncodeState | undefined

  constructor(encodeState: EncodeState | undefined) {
    this.#encodeState = encodeState
  }

  /** @param cite makes the citations of text at that position of the content */
  addText(text: string, cite: (start: number, length: number) => Citations | undefined): void {
    if (this.#answered) return
    // text before a call of the answer tool is removed later, so nothing may refer to it
    const cited = this.#encodeState?.json ? undefined : cite(this.content?.length ?? 0, text.length)
    if (text !== '') this.content = (this.content ?? '') + text
    if (!cited) return
    this.#cited.annotations.push(...cited.annotations)
    this.#cited.citations.push(...cited.citations)
  }

  addReasoning(text: string | undefined): void {
    if (text) this.reasoning = this.reasoning === undefined ? text : `${this.reasoning}\n\n${text}`
  }

  addCall(id: string, name: string, given: unknown): void {
    const input = objectInput(given)
    const { json } = this.#encodeState ?? {}
    if (json?.name === name) {
      // text around the call is not JSON; it is stored as `preamble`
      this.content = answerText(input, json)
      this.#answered = true
      return
    }
    const renamed = renamedProperties(this.#encodeState, name)
    const text = JSON.stringify((renamed ? originalFields(input, renamed) : input) ?? {})
    this.calls.push({
      id,
      type: 'function',
      function: { name: originalName(this.#encodeState, name), arguments: text },
    })
  }

  /** @param extras fields that OpenAI's message doesn't have */
  message(refusal: string | null, extras: Fields | undefined): AnswerMessage {
    const message: AnswerMessage = { role: 'assistant', content: this.content ?? null, refusal }
    if (this.reasoning !== undefined) message.reasoning_content = this.reasoning
    if (this.calls.length > 0) message.tool_calls = this.calls
    if (this.thinking.length > 0) message.thinking_blocks = this.thinking
    if (this.images.length > 0) message.images = this.images
    const { annotations, citations } = this.#cited
    if (annotations.length > 0) message.annotations = annotations
    if (citations.length > 0) message.provider_specific_fields = { citations, ...extras }
    else if (extras) message.provider_specific_fields = extras
    return message
  }

  /** The only choice. Its finish reason agrees with the calls: a call of the answer tool is not one. */
  choice(message: AnswerMessage, native: string | undefined, finishReason: (native: string) => FinishReason): Choice {
    const choice: Choice = {
      index: 0,
      message,
      finish_reason: agreeWithCalls(finishReason(native ?? ''), this.calls.length > 0),
      logprobs: null,
    }
    if (native !== undefined) choice.native_finish_reason = native
    return choice
  }
}
