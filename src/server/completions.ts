import type { CompletionStream } from '../call/completion-stream.js'
import { BadRequestError, got } from '../errors.js'
import type { ChatCompletion, ChatCompletionChunk, FinishReason, Logprobs, Usage } from '../types/chat.js'
import { type Action, events, json, send } from './action.js'
import { errorEvents, streamBody } from './sse.js'

/** Prompts of one request: each is a call. */
const mostPrompts = 20

/** OpenAI's text completions, over chat: a prompt is the message of a user. Models for text completions get it as it is. */
export const completion: Action = {
  spec: 'chat',
  async run(input) {
    const { prompt, params, echo } = chatParams(input.call.params)
    const ask = (text: string): Promise<unknown> =>
      send(input, 'completion', { ...params, messages: [{ role: 'user', content: text }] })
    const [first = ''] = prompt
    if (params.stream === true) {
      if (prompt.length > 1) {
        throw new BadRequestError(`'prompt' must be one text if 'stream' is true; got ${prompt.length}.`, {
          param: 'prompt',
        })
      }
      const stream = (await ask(first)) as CompletionStream
      const write = chunkText(echo ? first : '')
      return events(input.headers(stream.meta), streamBody(stream.texts(write), errorEvents.openai))
    }
    const answers = (await Promise.all(prompt.map(ask))) as ChatCompletion[]
    const [answer] = answers
    if (!answer) throw new BadRequestError("'prompt' must not be empty.", { param: 'prompt' })
    const choices = answers.flatMap((one, at) =>
      one.choices.map(({ message, finish_reason: reason, logprobs }, index) => ({
        text: (echo ? (prompt[at] ?? '') : '') + (message.content ?? ''),
        index: at * one.choices.length + index,
        logprobs: textLogprobs(logprobs),
        finish_reason: textReason(reason),
      })),
    )
    const { id, created, model } = answer
    const usage = sum(answers.map((one) => one.usage))
    return json(input.headers(answer.meta), {
      ...{ id: textId(id), object: 'text_completion', created, model, choices },
      ...(usage && { usage }),
    })
  },
}

function chatParams(given: Readonly<Record<string, unknown>>) {
  const { prompt, echo, best_of: _, logprobs, messages: __, extra_body: ___, ...rest } = given
  const prompts = typeof prompt === 'string' ? [prompt] : prompt
  if (!Array.isArray(prompts) || prompts.length === 0 || !prompts.every((one) => typeof one === 'string')) {
    throw new BadRequestError(
      `'prompt' must be a text or an array of texts; ${got(prompt)}. Token ids are not supported.`,
      { param: 'prompt' },
    )
  }
  if (prompts.length > mostPrompts) {
    throw new BadRequestError(`'prompt' must have at most ${mostPrompts} texts; got ${prompts.length}.`, {
      param: 'prompt',
    })
  }
  const params: Record<string, unknown> = {
    ...rest,
    ...(typeof logprobs === 'number' && { logprobs: true, top_logprobs: logprobs }),
  }
  return { prompt: prompts as string[], echo: echo === true, params }
}

/** Writes chunks of chat as those of a text completion. */
function chunkText(echoed: string): (chunk: ChatCompletionChunk) => string {
  let prefix = echoed
  return ({ id, created, model, choices, usage }) => {
    const texts = choices.map(({ index, delta, finish_reason: reason, logprobs }) => {
      const text = prefix + (delta.content ?? '')
      prefix = ''
      return { text, index, logprobs: textLogprobs(logprobs), finish_reason: reason && textReason(reason) }
    })
    const head = { id: textId(id), object: 'text_completion', created, model }
    return `data: ${JSON.stringify({ ...head, choices: texts, ...(usage && { usage }) })}\n\n`
  }
}

const textId = (id: string): string => id.replace(/^chatcmpl-/, 'cmpl-')

const textReason = (reason: FinishReason): string =>
  reason === 'length' || reason === 'content_filter' ? reason : 'stop'

/** Parallel lists of tokens and their probabilities. */
function textLogprobs(logprobs: Logprobs | null | undefined): object | null {
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
      Object.fromEntries(top.map((one) => [one.token, one.logprob])),
    ),
    text_offset: offsets,
  }
}

function sum(usages: readonly (Usage | undefined)[]): Usage | undefined {
  const [first, ...others] = usages
  if (others.length === 0) return first
  let total: Usage | undefined
  for (const one of usages) {
    if (!one) return undefined
    total = {
      prompt_tokens: (total?.prompt_tokens ?? 0) + one.prompt_tokens,
      completion_tokens: (total?.completion_tokens ?? 0) + one.completion_tokens,
      total_tokens: (total?.total_tokens ?? 0) + one.total_tokens,
    }
  }
  return total
}
