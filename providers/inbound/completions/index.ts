import { BadRequestError, got } from '../../../src/errors.js'
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatParams,
  FinishReason,
  Logprobs,
} from '../../../src/types/chat.js'
import type {
  TextCompletion,
  TextCompletionChunk,
  TextCompletionParams,
  TextLogprobs,
} from '../../../src/types/text-completion.js'
import type { Decoded } from '../../contract.js'
import type { InboundContext, InboundStreamEncoder, InboundWire } from '../contract.js'

type Request = TextCompletionParams

/** OpenAI's text completions as the API of a client: a prompt is the message of a user. https://platform.openai.com/docs/api-reference/completions */
export const completionsWire: InboundWire<Request, Decoded<TextCompletion>, TextCompletionChunk> = Object.freeze({
  decodeRequest,
  encodeAnswer,
  streamEncoder: (request: Request) => new CompletionsEncoder(request),
})

/** Prompts of one request: over chat, each is a call. */
const mostPrompts = 20

/**
 * The prompts of a request.
 * @throws {BadRequestError} if there are token ids, which chat does not take
 */
export function promptsOf({ prompt }: Request): readonly string[] {
  const prompts = typeof prompt === 'string' ? [prompt] : prompt
  if (!prompts.every((one: unknown) => typeof one === 'string')) {
    throw new BadRequestError(
      `'prompt' must be a text or an array of texts; ${got(prompt)}. Token ids are not supported by chat models.`,
      { param: 'prompt' },
    )
  }
  if (prompts.length > mostPrompts) {
    throw new BadRequestError(`'prompt' must have at most ${mostPrompts} texts; got ${prompts.length}.`, {
      param: 'prompt',
    })
  }
  return prompts as readonly string[]
}

/** The message that asks for a prompt's completion. */
export const messageOf = (prompt: string): ChatParams['messages'] => [{ role: 'user', content: prompt }]

/** The chat request of the first prompt. */
function decodeRequest(request: Request, context: InboundContext): ChatParams {
  const { prompt: _, echo: __, suffix, best_of: best, logprobs, ...rest } = request
  if (typeof suffix === 'string' && suffix !== '') {
    throw new BadRequestError(
      "'suffix' must be absent for chat models; got a text. Choose a host with text completions, such as 'deepseek/deepseek-chat' or 'mistral/codestral-latest'.",
      { param: 'suffix' },
    )
  }
  if (typeof best === 'number' && best > 1) {
    context.warn?.({ type: 'dropped', param: 'best_of', message: 'Chat models have no best_of.' })
  }
  const [first = ''] = promptsOf(request)
  return {
    ...rest,
    messages: messageOf(first),
    ...(typeof logprobs === 'number' && { logprobs: true, ...(logprobs > 0 && { top_logprobs: logprobs }) }),
  } as ChatParams
}

function encodeAnswer(answer: Decoded<ChatCompletion>, request: Request): Decoded<TextCompletion> {
  const { id, created, model, choices, usage } = answer
  const prompts = request.echo === true ? promptsOf(request) : []
  const each = Math.max(1, choices.length / Math.max(1, prompts.length))
  return {
    id: textId(id),
    object: 'text_completion',
    created,
    model,
    choices: choices.map(({ message, finish_reason: reason, logprobs }, at) => ({
      index: at,
      text: (prompts[Math.floor(at / each)] ?? '') + (message.content ?? ''),
      logprobs: textLogprobs(logprobs),
      finish_reason: textReason(reason),
    })),
    ...(usage && { usage }),
  }
}

/** Writes chunks of chat as those of a text completion. */
class CompletionsEncoder implements InboundStreamEncoder<TextCompletionChunk> {
  readonly #includeUsage: boolean
  readonly #prompt: string
  /** Choices whose prompt has been repeated. */
  readonly #echoed = new Set<number>()

  constructor({ prompt, echo, stream_options: options }: Request) {
    this.#includeUsage = options?.include_usage === true
    this.#prompt = echo === true ? String(typeof prompt === 'string' ? prompt : (prompt[0] ?? '')) : ''
  }

  push({ id, created, model, choices, usage }: ChatCompletionChunk, out: TextCompletionChunk[]): void {
    const shown = this.#includeUsage && usage
    if (choices.length === 0 && !shown) return
    out.push({
      id: textId(id),
      object: 'text_completion',
      created,
      model,
      choices: choices.map(({ index, delta, finish_reason: reason, logprobs }) => ({
        index,
        text: this.#prefix(index) + (delta.content ?? ''),
        logprobs: textLogprobs(logprobs),
        finish_reason: reason ? textReason(reason) : null,
      })),
      ...(shown && { usage }),
    })
  }

  #prefix(index: number): string {
    if (this.#prompt === '' || this.#echoed.has(index)) return ''
    this.#echoed.add(index)
    return this.#prompt
  }

  end(): void {}
}

const textId = (id: string): string => id.replace(/^chatcmpl-/, 'cmpl-')

const textReason = (reason: FinishReason): string =>
  reason === 'length' || reason === 'content_filter' ? reason : 'stop'

/** Parallel lists of tokens and their probabilities. */
function textLogprobs(logprobs: Logprobs | null | undefined): TextLogprobs | null {
  const content = logprobs?.content
  if (!content) return null
  let offset = 0
  const offsets = content.map(({ token }) => {
    const at = offset
    offset += token.length
    return at
  })
  return {
    tokens: content.map(({ token }) => token),
    token_logprobs: content.map(({ logprob }) => logprob),
    top_logprobs: content.map(({ top_logprobs: top }) =>
      Object.fromEntries((top ?? []).map((one) => [one.token, one.logprob])),
    ),
    text_offset: offsets,
  }
}
