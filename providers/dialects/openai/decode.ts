import type { ChatCompletion, Choice, Logprobs } from '../../../src/types/chat.js'
import { type DecodeContext, type Decoded, ProviderFault } from '../../contract.js'
import { citationsOf } from './citations.js'
import { finishReason } from './finish-reason.js'
import { type Fields, isFields, placeOf, textIn } from './kit.js'
import { addExtra, messageOf } from './message.js'
import type { OpenAIQuirks } from './quirks.js'
import { usageOf } from './usage.js'

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
    created: createdOf(body, context),
    model: textIn(body, 'model') || context.model,
    choices: choices.filter(isFields).map((choice, position) => choiceOf(choice, position, context)),
  }
  const usage = usageOf(body.usage, context.quirks, context.model)
  if (usage) answer.usage = usage
  for (const name in body) {
    const value = body[name]
    if (value !== null && value !== undefined) addTop(name, value, answer)
  }
  const message = answer.choices[0]?.message
  if (message && !message.annotations) {
    const citations = citationsOf(body)
    if (citations) message.annotations = citations
  }
  return answer
}

/** An `error`, or the bare `{ code, message }` and `{ detail }` of some hosts. */
export const isError = (body: Fields): boolean =>
  !!body.error || body.object === 'error' || body.detail !== undefined || typeof body.message === 'string'

export const createdOf = ({ created }: Fields, context: Context): number =>
  typeof created === 'number' && created > 0 ? Math.floor(created) : context.created

/** A field of the answer as a whole; the same for answers and chunks. */
function addTop(name: string, value: unknown, into: Decoded<ChatCompletion>): void {
  switch (name) {
    case 'id':
    case 'object':
    case 'created':
    case 'model':
    case 'choices':
    case 'usage':
      return
    case 'service_tier':
      if (typeof value === 'string' && value) into.service_tier = value as NonNullable<ChatCompletion['service_tier']>
      return
    case 'system_fingerprint':
      if (typeof value === 'string' && value) into.system_fingerprint = value
      return
    default:
      if (!isEmptyList(value)) addExtra(into, name, value)
  }
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function choiceOf(raw: Fields, position: number, context: Context): Choice {
  const index = placeOf(raw.index) ?? position
  const rawMessage = isFields(raw.message) ? raw.message : {}
  // OpenRouter tells of a provider that failed on the way in the choice itself
  if (isFields(raw.error) && !rawMessage.content) throw new ProviderFault('its answer was an error', raw)
  const given = textIn(raw, 'finish_reason') || undefined
  const native = textIn(raw, 'native_finish_reason') || given
  const message = messageOf(rawMessage, `${context.fallbackId}_${index}`)
  const choice: Choice = {
    index,
    message,
    // Snowflake says nothing, and an agent must see that it is its turn
    finish_reason: finishReason(given ?? native ?? (message.tool_calls ? 'tool_calls' : 'stop')),
    logprobs: logprobsOf(raw.logprobs),
  }
  if (native !== undefined) choice.native_finish_reason = native
  for (const name in raw) addChoiceField(name, raw[name], choice)
  return choice
}

/** Whatever OpenAI's choice does not have. */
export function addChoiceField(name: string, value: unknown, choice: { provider_specific_fields?: Fields }): void {
  switch (name) {
    case 'index':
    case 'message':
    case 'delta':
    case 'finish_reason':
    case 'native_finish_reason':
    case 'logprobs':
      return
    default:
      if (value !== null && value !== undefined) addExtra(choice, name, value)
  }
}

export function logprobsOf(raw: unknown): Logprobs | null {
  if (!isFields(raw)) return null
  return { ...raw, content: raw.content ?? null, refusal: raw.refusal ?? null } as Logprobs
}
