import type { TextSource } from '../call/answer-stream.js'
import { type HttpErrorDialect, toHttpError } from '../http-error.js'
import type { ChatCompletionChunk } from '../types/chat.js'

/** The texts of a stream as the body of a response. An error becomes the last event; a client that leaves ends the call. */
export function streamBody(source: TextSource, errorText: (error: unknown) => string): AsyncIterable<string> {
  let over = false
  let last: string | undefined = source.last
  const end = (): IteratorResult<string, undefined> => {
    over = true
    return { value: undefined, done: true }
  }
  const passed = (text: string | undefined): IteratorResult<string, undefined> => {
    if (text !== undefined) return { value: text, done: false }
    const closing = last
    last = undefined
    over = true
    return closing ? { value: closing, done: false } : end()
  }
  const failed = (error: unknown): IteratorResult<string, undefined> => {
    last = undefined
    over = true
    return { value: errorText(error), done: false }
  }
  const iterator: AsyncIterator<string, undefined> = {
    // an async function would take another promise for each packet
    next: () => (over ? Promise.resolve(end()) : source.next().then(passed, failed)),
    async return() {
      if (!over) source.leave()
      return end()
    },
  }
  return { [Symbol.asyncIterator]: () => iterator }
}

/** Event of an error inside a stream, in the form of the client's API. */
export const errorEvents: Readonly<Record<HttpErrorDialect, (error: unknown) => string>> = {
  openai: (error) => `data: ${JSON.stringify(toHttpError(error).body)}\n\n`,
  anthropic: (error) => `event: error\ndata: ${JSON.stringify(toHttpError(error, 'anthropic').body)}\n\n`,
  gemini: (error) => `data: ${JSON.stringify(toHttpError(error, 'gemini').body)}\n\n`,
}

/**
 * Writes the chunks of one chat stream. Most chunks have text and nothing else: their common part is written once, so that only the text
 * is left to write.
 * @param shown name of the model for the client. @default that of the chunks
 */
export function chunkWriter(shown?: string): (chunk: ChatCompletionChunk) => string {
  let id: string | undefined
  let model: string | undefined
  let fingerprint: string | undefined
  let start = ''
  let end = ''
  return (chunk) => {
    const text = plainText(chunk)
    if (text === undefined)
      return `data: ${JSON.stringify(shown === undefined ? chunk : { ...chunk, model: shown })}\n\n`
    if (chunk.id !== id || chunk.model !== model || chunk.system_fingerprint !== fingerprint) {
      id = chunk.id
      model = chunk.model
      fingerprint = chunk.system_fingerprint
      const head = JSON.stringify({
        id,
        object: 'chat.completion.chunk',
        created: chunk.created,
        model: shown ?? model,
      })
      start = `data: ${head.slice(0, -1)},"choices":[{"index":0,"delta":{"content":`
      const tail = fingerprint === undefined ? '' : `,"system_fingerprint":${JSON.stringify(fingerprint)}`
      end = `},"finish_reason":null}]${tail}}\n\n`
    }
    return start + (needsEscapes.test(text) ? JSON.stringify(text) : `"${text}"`) + end
  }
}

/** Characters that `JSON.stringify()` escapes, lone surrogates among them. */
const needsEscapes = /["\\]|[^ -\ud7ff\ue000-\uffff]/

/** The text of a chunk that has one choice with text only. */
function plainText(chunk: ChatCompletionChunk): string | undefined {
  const { choices } = chunk
  const choice = choices[0]
  if (choice === undefined || choices.length !== 1 || choice.index !== 0 || choice.finish_reason !== null)
    return undefined
  const { delta } = choice
  const { content } = delta
  if (typeof content !== 'string' || choice.logprobs) return undefined
  for (const name in chunk) if (!plainFields.has(name)) return undefined
  for (const name in choice) if (!plainFields.has(name)) return undefined
  for (const name in delta) if (name !== 'content') return undefined
  return content
}

/** Fields of a chunk and of its choice. */
const plainFields: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'system_fingerprint', 'index', 'delta', 'finish_reason'],
])
