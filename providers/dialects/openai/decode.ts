import type { ChatCompletion, Choice, Logprobs } from '../../../src/types/chat.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { finishReason } from './finish-reason.js'
import { extrasOf, type Fields, isFields, textIn } from './kit.js'
import { messageOf } from './message.js'
import type { OpenAIQuirks } from './quirks.js'
import { usageOf } from './usage.js'

const knownTop: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'service_tier',
  'system_fingerprint',
])
const knownChoice: ReadonlySet<string> = new Set([
  'index',
  'message',
  'delta',
  'finish_reason',
  'native_finish_reason',
  'logprobs',
])

type Context = DecodeContext<OpenAIQuirks>

/** https://platform.openai.com/docs/api-reference/chat/object */
export function decode(body: unknown, context: Context): Decoded<ChatCompletion> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { choices } = body
  // OpenRouter and others answer 200 with an error only
  if (!Array.isArray(choices)) throw new ProviderFault("its answer has no 'choices'", isError(body) ? body : undefined)
  if (body.error && choices.length === 0) throw new ProviderFault('its answer was an error', body)
  const answer: Decoded<ChatCompletion> = {
    id: textIn(body, 'id') || context.fallbackId,
    object: 'chat.completion',
    created: typeof body.created === 'number' ? Math.floor(body.created) : context.created,
    model: textIn(body, 'model') || context.model,
    choices: choices.filter(isFields).map((choice, position) => choiceOf(choice, position, context)),
  }
  const usage = usageOf(body.usage, context.quirks)
  if (usage) answer.usage = usage
  addTop(body, answer)
  return answer
}

/** An `error`, or the bare `{ code, message }` and `{ detail }` of some hosts. */
export const isError = (body: Fields): boolean =>
  !!body.error ||
  body.object === 'error' ||
  body.detail !== undefined ||
  (body.message !== undefined && body.choices === undefined)

/** Fields of the answer as a whole; the same for answers and chunks. */
export function addTop(
  body: Fields,
  into: Pick<ChatCompletion, 'service_tier' | 'system_fingerprint' | 'provider_specific_fields'>,
): void {
  const tier = textIn(body, 'service_tier')
  if (tier) into.service_tier = tier as NonNullable<ChatCompletion['service_tier']>
  const fingerprint = textIn(body, 'system_fingerprint')
  if (fingerprint) into.system_fingerprint = fingerprint
  const extras = extrasOf(body, knownTop)
  if (extras) into.provider_specific_fields = extras
}

function choiceOf(raw: Fields, position: number, context: Context): Choice {
  const index = typeof raw.index === 'number' ? raw.index : position
  const message = messageOf(isFields(raw.message) ? raw.message : {}, `${context.fallbackId}_${index}`)
  const given = textIn(raw, 'finish_reason')
  const native = textIn(raw, 'native_finish_reason') ?? given
  const choice: Choice = {
    index,
    message,
    finish_reason: finishReason(given ?? native ?? ''),
    logprobs: logprobsOf(raw.logprobs),
  }
  if (native !== undefined) choice.native_finish_reason = native
  const extras = extrasOf(raw, knownChoice)
  if (extras) choice.provider_specific_fields = extras
  return choice
}

export const choiceExtras = (raw: Fields): Fields | undefined => extrasOf(raw, knownChoice)

export function logprobsOf(raw: unknown): Logprobs | null {
  if (!isFields(raw)) return null
  return { ...raw, content: raw.content ?? null, refusal: raw.refusal ?? null } as Logprobs
}
