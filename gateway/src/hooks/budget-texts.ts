import type { HttpErrorDialect } from 'llmux'
import type { StreamCount } from '../types.js'
import { tokensOf } from './budget-stage.js'
import { refusalBody } from './call-stream.js'
import { framing } from './texts.js'

/** Characters of events that may wait to be counted. A character is less than a token. */
const mostWaiting = 2_048
/** Tokens that each running stream must have left, so that its events may wait. */
const ample = 2 * mostWaiting

/**
 * Counts a stream that nothing else watches. Its texts stay as they are. While its budgets have enough left for all of their running
 * streams, events are counted together: a count for each packet took 3 µs, a tenth of the packet's way through the gateway.
 */
export class BudgetTexts {
  readonly #operation: string
  readonly #dialect: HttpErrorDialect
  readonly #counter: StreamCount
  readonly #framing
  /** Events that were passed on and are not counted yet. */
  #waiting = ''
  #mayWait: boolean
  /** End of the event that was read last. */
  #end = 0
  /** The refusal that has ended the stream. */
  error: Error | undefined

  constructor(operation: string, dialect: HttpErrorDialect, counter: StreamCount) {
    this.#operation = operation
    this.#dialect = dialect
    this.#counter = counter
    this.#framing = framing(operation, false)
    this.#mayWait = counter.fits(ample)
  }

  /** The part of a text of whole events that may be sent: all of it, or the events in front of a refusal, and the refusal. */
  pass(text: string): string {
    if (!this.#mayWait) return this.#countEach(text, 0)
    this.#waiting += text
    if (this.#waiting.length < mostWaiting) return text
    const waiting = this.#waiting
    this.#waiting = ''
    if (!this.#counter.fits(waiting.length)) return this.#countEach(waiting, waiting.length - text.length)
    let tokens = 0
    for (let at = 0; at < waiting.length; at = this.#end) tokens += this.#read(waiting, at)
    const error = this.#counter.count(tokens)
    this.#mayWait = this.#counter.fits(ample)
    return error ? this.#refuse(text, error) : text
  }

  /** @param sent characters that the client has already */
  #countEach(text: string, sent: number): string {
    for (let at = 0; at < text.length; at = this.#end) {
      const tokens = this.#read(text, at)
      const error = tokens > 0 ? this.#counter.count(tokens) : undefined
      if (error) return this.#refuse(text.slice(sent, at), error)
    }
    this.#mayWait = this.#counter.fits(ample)
    return sent === 0 ? text : text.slice(sent)
  }

  /** The tokens of the event at a place. Chunks of a chat with text and nothing else, as almost all are, need not be parsed. */
  #read(text: string, at: number): number {
    if (this.#operation === 'chat' && text.startsWith('data: ', at)) {
      const delta = text.indexOf(plainDelta, at)
      const end = text.indexOf('\n\n', at)
      if (delta >= 0 && delta < end) {
        const from = delta + plainDelta.length
        const close = text.indexOf('"', from)
        // an escaped quote, or further fields, are for the parser
        if (text.charCodeAt(close - 1) !== backslash && text.charCodeAt(close + 1) === closingBrace) {
          this.#end = end + 2
          return tokensIn(text, from, close)
        }
      }
    }
    const next = text.indexOf('\n\n', at)
    this.#end = next < 0 ? text.length : next + 2
    let tokens = 0
    for (const { data } of this.#framing.read(text.slice(at, this.#end)))
      if (data) tokens += tokensOf(this.#operation, data)
    return tokens
  }

  #refuse(passed: string, error: Error): string {
    this.error = error
    return passed + this.#framing.fail([refusalBody(error, this.#dialect)])
  }
}

const plainDelta = '"delta":{"content":"'
const closingBrace = 0x7d
const backslash = 0x5c
const letterU = 0x75

/** The tokens of a part of a JSON string. */
function tokensIn(json: string, from: number, to: number): number {
  let tokens = 0
  for (let at = from; at < to; at++) {
    const code = json.charCodeAt(at)
    if (code === backslash) {
      const unicode = json.charCodeAt(at + 1) === letterU
      at += unicode ? 5 : 1
      tokens += unicode ? 0.6 : 0.25
    } else tokens += code < 0x80 ? 0.25 : 0.6
  }
  return tokens
}
