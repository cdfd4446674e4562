import type { Decoded } from '../../providers/contract.js'
import { CompletionStream } from '../call/completion-stream.js'
import { JSONSchemaValidationError } from '../errors.js'
import type { ChatCompletion } from '../types/chat.js'
import { canonical, digest } from './canonical.js'
import { isWorthKeeping, type Kept, type Origin } from './entry.js'
import { keyOf, type Question, questionOf } from './key.js'
import { isSemantic, type Plan } from './plan.js'
import { replay, type Wanted } from './replay.js'
import type { Asked, Embedder } from './semantic-lookup.js'
import type { CacheState } from './state.js'
import { type CacheCall, type Keep, through } from './through.js'

/** One chat call through a cache. */
export interface ChatPassage {
  readonly state: CacheState
  readonly plan: Plan
  readonly call: CacheCall
  /** Who is asked, as text. */
  readonly address: string
  readonly question: Question
  readonly wanted: Wanted
  readonly embedder: Embedder
  /** Who answered. */
  origin(answer: Decoded<ChatCompletion> & { readonly meta?: ChatCompletion['meta'] }): Origin | undefined
  /** @param decoded takes the answer before its schema has its say */
  ask(): Promise<ChatCompletion | CompletionStream>
}

/** A chat call through a cache; as it is, where it has no key. */
export function cachedChat(passage: ChatPassage): Promise<ChatCompletion | CompletionStream> {
  const { state, plan, call, address, wanted, embedder, origin } = passage
  const { ask } = passage
  const keys = keysOf(plan, address, passage.question)
  if (!keys) return ask()
  const { key, asked } = keys
  return through<'chat', ChatCompletion | CompletionStream>({
    state,
    plan,
    operation: 'chat',
    key,
    call,
    asked,
    embedder,
    async revive({ data }, coalesced) {
      try {
        return await replay(data.answer, call, wanted)
      } catch (error) {
        if (!coalesced && error instanceof JSONSchemaValidationError) return undefined
        throw error
      }
    },
    ask: (keep, whenShared) => (keep ? handed(ask(), keep, origin, whenShared) : ask()),
  })
}

/** An answer on its way to the caller, and to the cache. */
async function handed(
  asked: Promise<ChatCompletion | CompletionStream>,
  keep: Keep<Kept['chat']>,
  origin: ChatPassage['origin'],
  whenShared: (then: () => void) => void,
): Promise<ChatCompletion | CompletionStream> {
  let answer: ChatCompletion | CompletionStream
  try {
    answer = await asked
  } catch (error) {
    // the model has answered, and whoever waits may judge for himself
    if (error instanceof JSONSchemaValidationError && error.completion) hand(error.completion, keep, origin, false)
    throw error
  }
  if (!(answer instanceof CompletionStream)) {
    hand(answer, keep, origin)
    return answer
  }
  whenShared(() => answer.runOn())
  answer.whenOver((failure, soFar) => {
    if (failure) keep({ error: failure })
    else hand(soFar() as ChatCompletion, keep, origin)
  })
  return answer
}

function hand(
  answer: ChatCompletion,
  keep: Keep<Kept['chat']>,
  origin: ChatPassage['origin'],
  worth = isWorthKeeping(answer),
): void {
  const from = origin(answer)
  const data = () => {
    const { provider, model, baseModel } = from ?? whoseOf(answer)
    return { provider, model, baseModel, answer: unparsed(answer) }
  }
  keep({ worth: worth && from !== undefined, data })
}

/** What a schema made of an answer is made of it again. */
function unparsed(answer: ChatCompletion): Decoded<ChatCompletion> {
  if (!answer.choices.some(({ message }) => 'parsed' in message)) return answer
  const { choices, ...rest } = answer
  return { ...rest, choices: choices.map(({ message: { parsed: _, ...message }, ...one }) => ({ ...one, message })) }
}

/** Of an answer that is not kept, for those who waited for it. */
const whoseOf = ({ meta }: { readonly meta?: ChatCompletion['meta'] }): Origin => ({
  provider: meta?.provider ?? '',
  model: meta?.model ?? '',
})

function keysOf(
  plan: Plan,
  address: string,
  question: Question,
): { key: string; asked: Asked | undefined } | undefined {
  try {
    const key = keyOf(plan, address, questionOf(question))
    return { key, asked: isSemantic(plan.store) ? askedOf(plan, address, question) : undefined }
  } catch {
    // what can't be told apart from others can't be kept
    return undefined
  }
}

/** Where the last turn is a user's, and nothing but text. */
function askedOf(plan: Plan, address: string, question: Question): Asked | undefined {
  const { messages } = question.params
  if (!Array.isArray(messages)) return undefined
  const last: unknown = messages.at(-1)
  if (typeof last !== 'object' || last === null || !('content' in last)) return undefined
  const { content, ...turn } = last as { content: unknown; role?: unknown }
  const text = turn.role === 'user' ? textOf(content) : undefined
  if (text === undefined || text.trim() === '') return undefined
  const params = { ...question.params, messages: [...messages.slice(0, -1), turn] }
  const rest = questionOf({ ...question, params })
  // vectors of two models don't compare
  const maker = isSemantic(plan.store) && typeof plan.store.semantic.embed === 'string' ? plan.store.semantic.embed : ''
  return { scope: digest(canonical([plan.namespace, address, rest, maker])), text }
}

function textOf(content: unknown): string | undefined {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return undefined
  const texts: string[] = []
  for (const part of content as readonly unknown[]) {
    if (typeof part !== 'object' || part === null || !('text' in part) || typeof part.text !== 'string')
      return undefined
    if (Object.keys(part).some((name) => name !== 'type' && name !== 'text')) return undefined
    texts.push(part.text)
  }
  return texts.join('\n')
}
