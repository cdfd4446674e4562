import { parseJSON } from '../../fields.js'
import { type Block, type Fields, inner, isFields, textIn } from './wire.js'

interface Beginning {
  /** As `contentBlockStart` gave it; empty for blocks that have none. */
  readonly begin: Block
  /** The index of the tool call in the answer; -1 for everything else. */
  readonly call: number
  /** True for the tool that stands for `response_format`. */
  readonly answer: boolean
  /** Where its text begins in the content. */
  readonly at: number
}

/** A block of a stream that is arriving: what it will be shows in its deltas. */
export class OpenBlock {
  readonly call: number
  readonly answer: boolean
  readonly at: number
  /** JSON of a call, so far. */
  input = ''
  /** Reasoning so far. */
  reasoning = ''
  readonly #begin: Block
  #text = ''
  #signature = ''
  #redacted: string[] = []
  readonly #citations: Fields[] = []
  readonly #results: Fields[] = []
  #image: unknown

  constructor({ begin, call, answer, at }: Beginning) {
    this.#begin = begin
    this.call = call
    this.answer = answer
    this.at = at
  }

  /** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlockDelta.html */
  add(delta: Block): void {
    this.#text += textIn(delta, 'text') ?? ''
    const { reasoningContent, toolUse, toolResult, citation, image } = delta
    if (isFields(reasoningContent)) {
      this.reasoning += textIn(reasoningContent, 'text') ?? ''
      this.#signature += textIn(reasoningContent, 'signature') ?? ''
      const redacted = textIn(reasoningContent, 'redactedContent')
      if (redacted !== undefined) this.#redacted.push(redacted)
    }
    if (isFields(toolUse)) this.input += textIn(toolUse, 'input') ?? ''
    if (Array.isArray(toolResult)) this.#results.push(...toolResult.filter(isFields))
    if (isFields(citation)) this.#citations.push(citation)
    if (isFields(image)) this.#image = image.source
  }

  /** The blocks that a whole answer has for it: one, as a rule. */
  blocks(): Block[] {
    const use = inner(this.#begin, 'toolUse')
    if (use) return [{ toolUse: { ...use, input: this.parsed() ?? {} } }]
    const result = inner(this.#begin, 'toolResult')
    if (result) return [{ toolResult: { ...result, content: this.#results } }]
    const image = inner(this.#begin, 'image')
    if (image) return [{ image: { ...image, source: this.#image ?? {} } }]
    return [...this.#reasoningBlocks(), ...this.#textBlocks()]
  }

  /** The arguments; undefined where they were cut. */
  parsed(): unknown {
    return this.input === '' ? {} : parseJSON(this.input)
  }

  #reasoningBlocks(): Block[] {
    const blocks: Block[] = this.#redacted.map((redactedContent) => ({ reasoningContent: { redactedContent } }))
    if (this.reasoning === '' && this.#signature === '') return blocks
    const signature = this.#signature === '' ? {} : { signature: this.#signature }
    return [...blocks, { reasoningContent: { reasoningText: { text: this.reasoning, ...signature } } }]
  }

  #textBlocks(): Block[] {
    if (this.#citations.length === 0) return this.#text === '' ? [] : [{ text: this.#text }]
    const content = this.#text === '' ? {} : { content: [{ text: this.#text }] }
    return [{ citationsContent: { ...content, citations: this.#citations } }]
  }
}
