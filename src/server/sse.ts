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
  const iterator: AsyncIterator<string, undefined> = {
    async next() {
      if (over) return end()
      let text: string | undefined
      try {
        text = await source.next()
      } catch (error) {
        last = undefined
        over = true
        return { value: errorText(error), done: false }
      }
      if (text !== undefined) return { value: text, done: false }
      const closing = last
      last = undefined
      over = true
      return closing ? { value: closing, done: false } : end()
    },
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
 * Writes the chunks of one chat stream. Most chunks have text and nothing else: their common part is written once, and `JSON.stringify` gets
 * the text only.
 */
export function chunkWriter(): (chunk: ChatCompletionChunk) => string {
  let id: string | undefined
  let model: string | undefined
  let head = ''
  return (chunk) => {
    const text = plainText(chunk)
    if (text === undefined) return `data: ${JSON.stringify(chunk)}\n\n`
    if (chunk.id !== id || chunk.model !== model) {
      id = chunk.id
      model = chunk.model
      const { created } = chunk
      const start = JSON.stringify({ id, object: 'chat.completion.chunk', created, model })
      head = `data: ${start.slice(0, -1)},"choices":[{"index":0,"delta":{"content":`
    }
    return `${head}${JSON.stringify(text)}},"finish_reason":null}]}\n\n`
  }
}

/** The text of a chunk that has one choice with text only. */
function plainText(chunk: ChatCompletionChunk): string | undefined {
  const { choices } = chunk
  const choice = choices[0]
  if (choices.length !== 1 || choice === undefined || choice.index !== 0 || choice.finish_reason !== null)
    return undefined
  for (const name in chunk) if (!headFields.has(name)) return undefined
  for (const name in choice) if (name !== 'index' && name !== 'delta' && name !== 'finish_reason') return undefined
  const { delta } = choice
  for (const name in delta) if (name !== 'content') return undefined
  return typeof delta.content === 'string' ? delta.content : undefined
}

const headFields: ReadonlySet<string> = new Set(['id', 'object', 'created', 'model', 'choices'])
