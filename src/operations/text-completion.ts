import type { Dialect } from '../../providers/contract.js'
import type { TextCompletionDialect } from '../../providers/dialects/openai/completions/operation.js'
import type { CacheRequest, Job, OperationSpec, Params } from '../call/operation.js'
import { BridgedAccumulator, NativeAccumulator } from '../call/over-chat.js'
import { TextCompletionStream } from '../call/text-completion-stream.js'
import { BadRequestError } from '../errors.js'
import type { ChatCompletion, Usage } from '../types/chat.js'
import type { CallOptions, TextCompletionRequest } from '../types/options.js'
import type { TextCompletion, TextCompletionParams } from '../types/text-completion.js'
import { estimateUsage } from './chat.js'
import {
  bridge,
  type NativeAnswer,
  type NativePart,
  setupOf,
  streamOf,
  type WireApi,
  wireOperation,
} from './over-chat.js'
import { textCompletionRequest } from './requests.js'

/** A stream for `stream: true`, else an answer; either of them if `stream` is known at run time only. */
export type TextCompletionResult<Stream extends boolean> = boolean extends Stream
  ? TextCompletion | TextCompletionStream
  : Stream extends true
    ? TextCompletionStream
    : TextCompletion

export interface TextCompletionMethod<Extra, Options> {
  /**
   * Continues a text, in the form of OpenAI's text completions. Hosts with that endpoint get the request unchanged; for all other chat
   * models the prompt is the message of a user.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { choices } = await client.textCompletion({ model: 'openai/gpt-3.5-turbo-instruct', prompt: 'Once upon a time' })
   */
  textCompletion<const Stream extends boolean = false>(
    request: TextCompletionRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<TextCompletionResult<Stream>>
}

const api: WireApi = {
  ...textCompletionRequest,
  async load() {
    const { completionsWire: wire } = await import('../../providers/inbound/completions/index.js')
    return { wire: wire as never, forHost: (request) => request }
  },
  stream: streamOf(TextCompletionStream),
}

/** Parts by their dialect, so that each is made once. */
const parts = new WeakMap<TextCompletionDialect, NativePart>()

function partOf(native: TextCompletionDialect): NativePart {
  const part = parts.get(native) ?? { native: native as unknown as NativePart['native'], chat: native.chat }
  parts.set(native, part)
  return part
}

let standard: NativePart | undefined

async function loadStandard(): Promise<NativePart> {
  const { textCompletionDialect } = await import('../../providers/dialects/openai/completions/operation.js')
  standard = partOf(textCompletionDialect as TextCompletionDialect)
  return standard
}

function part(dialect: Dialect): NativePart | Promise<NativePart> | undefined {
  const own = dialect.textCompletion as TextCompletionDialect | undefined
  if (own) return partOf(own)
  const { operations = [] } = dialect
  return operations === 'all' || operations.includes('textCompletion') ? (standard ?? loadStandard()) : undefined
}

/** Whether the host answers in the form of chat, so that its answers are translated. */
const answersAsChat = ({ provider }: Job<NativePart>): boolean =>
  (provider.quirks as { readonly textAnswersAsChat?: boolean } | undefined)?.textAnswersAsChat === true

const base = wireOperation(api, () => undefined)

/** OpenAI's text completions: passed through to hosts that have them, over chat for all other models. */
export const textCompletion: OperationSpec<NativePart, NativeAnswer> = {
  ...base,
  api: 'textCompletion',
  open: false,
  part,
  finish: (job, answer) =>
    answersAsChat(job)
      ? setupOf(api, job.params, undefined).toWire({ ...answer.chat, meta: answer.meta })
      : base.finish?.(job, answer),
  stream(job, call) {
    const { part, params } = job
    const translated = answersAsChat(job)
    const { echo: _, ...withoutEcho } = params
    // an answer of the host begins with the prompt already
    const request = translated ? params : withoutEcho
    const { wire, context, setup } = setupOf(api, request, call)
    const encoder = () => wire.streamEncoder(request, context)
    const { stream_options: options } = params as unknown as TextCompletionParams
    return {
      ...setup,
      read: () =>
        translated
          ? new BridgedAccumulator(part.chat, call, encoder())
          : new NativeAccumulator(part.chat, call, encoder, options?.include_usage === true),
      estimate: (answer) => estimateUsage(call.model, asChat(params), answer as ChatCompletion),
    }
  },
  async bridge(params, context) {
    const { prompt } = params
    const several = Array.isArray(prompt) && prompt.length > 1
    if (several && params.stream === true) {
      throw new BadRequestError(
        `'prompt' must be one text if 'stream' is true for a chat model; got ${prompt.length}.`,
        { param: 'prompt' },
      )
    }
    const bridged = await bridge(api, params, context)
    const { messageOf, promptsOf } = await import('../../providers/inbound/completions/index.js')
    const spec: OperationSpec = {
      ...bridged.spec,
      cached: (request) => cached({ ...request, params }),
      ...(several && {
        batches: (_: unknown, chat: Params) =>
          promptsOf(params as never).map((one) => ({ ...chat, messages: messageOf(one) })),
        join: (answers: readonly (object | undefined)[]) => joined(answers as readonly (ChatCompletion | undefined)[]),
      }),
    }
    return { spec, params: bridged.params }
  },
  cached,
}

/** The prompt as the message of a chat, for estimates. */
const asChat = ({ prompt }: Params): Params => ({
  messages: [{ role: 'user', content: Array.isArray(prompt) ? prompt.map(String).join('\n') : prompt }],
})

async function cached(request: CacheRequest): Promise<unknown> {
  const { textCompletionWithCache } = await import('../cache/text-completion.js')
  return textCompletionWithCache(request)
}

/** One answer with the choices of all prompts. After a failure some answers are missing. */
function joined(answers: readonly (ChatCompletion | undefined)[]): ChatCompletion {
  const there = answers.filter((one) => one !== undefined)
  const [first] = there
  const choices = there.flatMap((answer) => answer.choices).map((choice, index) => ({ ...choice, index }))
  const usage = there.map((answer) => answer.usage).reduce(sum)
  const { usage: _, ...rest } = first as ChatCompletion
  return { ...rest, choices, ...(usage && { usage }) } as ChatCompletion
}

const sum = (one: Usage | undefined, other: Usage | undefined): Usage | undefined =>
  one &&
  other && {
    prompt_tokens: one.prompt_tokens + other.prompt_tokens,
    completion_tokens: one.completion_tokens + other.completion_tokens,
    total_tokens: one.total_tokens + other.total_tokens,
  }
