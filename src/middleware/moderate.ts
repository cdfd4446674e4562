import { BadRequestError, ContentPolicyViolationError, got } from '../errors.js'
import type { ChunkCall, Middleware, MiddlewareCallBase, MiddlewareOperation } from '../types/middleware.js'
import type { ModerationResponse } from '../types/moderation.js'
import type { GenerateContentEvent } from '../types/wires.js'
import { textsIn, writesText } from './texts.js'

/** A client or a Router, as far as {@link moderate} uses it. */
export interface ModerationClient {
  /** Classifies texts. */
  moderation(request: { model?: string; input: string }): Promise<ModerationResponse>
}

/** Options of {@link moderate}. */
export interface ModerateOptions {
  /** Classifies the texts. It may be the client that the middleware is added to. */
  client: ModerationClient
  /** Model that classifies. @default 'openai/omni-moderation-latest' */
  model?: string | undefined
  /** Checks requests: the messages after the last answer of the model. @default true */
  before?: boolean | undefined
  /** Checks answers. @default true */
  after?: boolean | undefined
  /**
   * Holds the chunks of a stream back until the whole answer is checked. Without it readers have the text before the stream fails.
   * @default true
   */
  hold?: boolean | undefined
  /** Decides whether a result is refused. @default any flagged category */
  refuse?: ((result: ModerationResponse['results'][number]) => boolean) | undefined
}

/**
 * Classifies requests and answers with a moderation model, and refuses harmful ones with a {@link ContentPolicyViolationError}.
 * @throws {BadRequestError} if there is no client
 * @example
 * client.use(moderate({ client }))
 */
export function moderate({
  client,
  model,
  before = true,
  after = true,
  hold = true,
  refuse = ({ flagged }) => flagged,
}: ModerateOptions): Middleware {
  if (typeof client?.moderation !== 'function') {
    throw new BadRequestError(`'client' must be a client or a Router; ${got(client)}.`, { param: 'client' })
  }
  const check = async (texts: readonly string[], part: 'request' | 'answer'): Promise<void> => {
    const input = texts.filter((text) => text.trim() !== '').join('\n')
    if (input === '') return
    const { results } = await client.moderation({ ...(model !== undefined && { model }), input })
    const found = results.find(refuse)
    if (!found) return
    const categories = Object.entries(found.categories).flatMap(([name, flagged]) => (flagged ? [name] : []))
    throw new ContentPolicyViolationError(
      `The ${part} must pass moderation; it was refused${categories.length > 0 ? ` for ${categories.join(', ')}` : ''}. Change the ${
        part === 'request' ? 'messages' : 'request'
      }.`,
      { body: { categories, part } },
    )
  }
  const held = new WeakMap<MiddlewareCallBase, object[]>()
  const isChecked = (operation: MiddlewareOperation) => writesText(operation)
  return {
    async onRequest(call) {
      if (before && isChecked(call.operation)) await check(newTexts(call.request), 'request')
    },
    async onResponse(call) {
      // a stream that was held back has been checked
      if (after && isChecked(call.operation) && !held.has(call)) await check(textsIn(call.answer), 'answer')
    },
    ...(after &&
      hold && {
        async onChunk(call: ChunkCall) {
          const chunks = held.get(call) ?? []
          held.set(call, chunks)
          chunks.push(call.chunk)
          if (!isLast(call)) return []
          await check(piecesOf(call.operation, chunks), 'answer')
          return chunks.splice(0)
        },
      }),
  }
}

/** Texts of the messages after the last answer of the model, and of a request without messages. */
function newTexts(request: object): string[] {
  const fields = request as Readonly<Record<string, unknown>>
  const list = fields.messages ?? fields.contents ?? fields.input
  if (!Array.isArray(list)) return textsIn(list)
  let from = list.length
  while (from > 0 && !isOfModel(list[from - 1])) from--
  return textsIn(list.slice(from))
}

const isOfModel = (message: unknown): boolean =>
  typeof message === 'object' &&
  message !== null &&
  ((message as { role?: unknown }).role === 'assistant' || (message as { role?: unknown }).role === 'model')

/** Whether no text follows a chunk. */
function isLast(call: ChunkCall): boolean {
  switch (call.operation) {
    case 'chat':
      return call.chunk.choices.length > 0
        ? call.chunk.choices.every(({ finish_reason: finish }) => finish !== null)
        : true
    case 'messages':
      return call.chunk.type === 'message_delta' || call.chunk.type === 'message_stop'
    case 'responses':
      return /^response\.(completed|incomplete|failed)$/.test(call.chunk.type)
    case 'generateContent':
      return finishes(call.chunk as GenerateContentEvent)
    default:
      return true
  }
}

const finishes = ({ candidates }: GenerateContentEvent): boolean =>
  Array.isArray(candidates) && candidates.some((one: { finishReason?: unknown }) => one.finishReason !== undefined)

/** The text of a stream: its pieces belong together. */
function piecesOf(operation: MiddlewareOperation, chunks: readonly object[]): string[] {
  if (operation !== 'responses') return [chunks.flatMap((chunk) => textsIn(chunk)).join('')]
  // the last event has the whole answer
  return textsIn((chunks.at(-1) as { response?: { output?: unknown } })?.response?.output)
}
