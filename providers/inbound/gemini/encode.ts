import type { AnswerMessage, ChatCompletion, Choice, FinishReason, Logprobs } from '../../../src/types/chat.js'
import type { Annotation, ImagePart, ThinkingBlocks, ToolCall } from '../../../src/types/messages.js'
import type { Decoded } from '../../contract.js'
import { type Fields, isFields } from '../../fields.js'
import { objectOf } from '../../shared/calls.js'
import type { InboundContext } from '../contract.js'
import { replayedFields, type Sealed, seal } from '../seal.js'
import { encodeUsage } from './usage.js'
import {
  type AnswerPart,
  type Candidate,
  type GenerateContentAnswer,
  type GenerateContentRequest,
  type LogprobsResult,
  toCamel,
} from './wire.js'

/** Encodes a chat answer as a Gemini answer. https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
export function encodeAnswer(
  answer: Decoded<ChatCompletion>,
  _request: GenerateContentRequest,
  context: InboundContext,
): GenerateContentAnswer {
  return {
    candidates: answer.choices.map((choice) => {
      const { parts, state } = partsOf(choice.message)
      return {
        ...ending(choice, choice.message),
        index: choice.index,
        content: { role: 'model', parts: withState(parts, state) },
      }
    }),
    ...(answer.usage && { usageMetadata: encodeUsage(answer.usage) }),
    ...headOf(context),
  }
}

export const headOf = ({ model, id }: InboundContext): Pick<GenerateContentAnswer, 'modelVersion' | 'responseId'> => ({
  modelVersion: model,
  responseId: id,
})

/** The parts of a message, and the state of its provider that no part has a field for. */
function partsOf(message: AnswerMessage): { readonly parts: AnswerPart[]; readonly state: Sealed | undefined } {
  const { provider_specific_fields: fields, images = [] } = message
  if (Array.isArray(fields?.content_parts)) return { parts: restored(fields.content_parts, images), state: undefined }
  const thoughts = thoughtParts(message.reasoning_content, message.thinking_blocks)
  const parts = [...thoughts.parts]
  const text = message.content || message.refusal
  const { thought_signature: signature, ...others } = replayedFields(fields) ?? {}
  const own = typeof signature === 'string' ? { thoughtSignature: signature } : {}
  if (text) parts.push({ text, ...own })
  parts.push(...images.flatMap(imagePart), ...audioParts(message.audio))
  for (const call of message.tool_calls ?? []) parts.push(callPart(call))
  if (parts.length === 0) parts.push({ text: '', ...own })
  const isSigned = (message.thinking_blocks?.length ?? 0) > 0
  const calls = message.tool_calls ?? []
  const reasoning = calls.length > 0 && !isSigned ? message.reasoning_content : undefined
  return { parts, state: stateOf(others, thoughts.foreign, reasoning, calls) }
}

/** @param reasoning reasoning before a call, which some models want back without a signature of it */
export function stateOf(
  fields: Fields,
  thinking: readonly Fields[],
  reasoning: string | undefined,
  calls: readonly ToolCall[],
): Sealed | undefined {
  const hasFields = Object.keys(fields).length > 0
  if (!hasFields && thinking.length === 0 && !reasoning) return undefined
  return {
    ...(hasFields && { message: fields }),
    ...(thinking.length > 0 && { thinking }),
    ...(reasoning && { reasoning }),
    ...(hasFields && calls.length > 0 && { ids: calls.map(({ id }) => id) }),
  }
}

/** Gemini's own parts, with their images. */
function restored(parts: readonly unknown[], images: readonly ImagePart[]): AnswerPart[] {
  return parts.filter(isFields).map((part) => {
    if (part.image === undefined) return part as AnswerPart
    const { image, ...rest } = part
    const found = images[Number(image)]
    return { ...(found ? imagePart(found)[0] : {}), ...rest } as AnswerPart
  })
}

export const thinkingFormat = 'google-gemini-v1'

/** Thoughts, and the blocks of other providers: their signatures mean nothing to Gemini's clients, which may drop thoughts. */
function thoughtParts(
  reasoning: string | undefined,
  blocks: ThinkingBlocks | undefined,
): { readonly parts: AnswerPart[]; readonly foreign: readonly Fields[] } {
  const list = (blocks ?? []) as unknown as readonly Fields[]
  const own = list.filter((block) => block.format === thinkingFormat)
  const foreign = list.filter((block) => block.format !== thinkingFormat)
  if (own.length === 0) return { parts: reasoning ? [{ text: reasoning, thought: true }] : [], foreign }
  const parts = own.map(
    ({ thinking, signature }): AnswerPart => ({
      text: String(thinking ?? ''),
      thought: true,
      ...(typeof signature === 'string' && { thoughtSignature: signature }),
    }),
  )
  return { parts, foreign }
}

/** A call with the signature that Gemini gave it, or with other provider fields sealed. */
export function callPart(call: ToolCall): AnswerPart {
  const fields = call.type === 'function' ? call.provider_specific_fields : undefined
  const { thought_signature: own, ...others } = fields ?? {}
  const signature =
    typeof own === 'string' && Object.keys(others).length === 0 ? own : fields ? seal({ call: fields }) : undefined
  const name = call.type === 'custom' ? call.custom.name : call.function.name
  const args = call.type === 'custom' ? { input: call.custom.input } : objectOf(call.function.arguments)
  return {
    functionCall: { ...(call.id && { id: call.id }), name, args },
    ...(signature !== undefined && { thoughtSignature: signature }),
  }
}

/**
 * Puts state on the first part that takes it: a call without a signature of its own, whose signature all clients return, or else the last
 * text. Without either it gets an empty text.
 */
export function withState(parts: AnswerPart[], state: Sealed | undefined): AnswerPart[] {
  if (!state) return parts
  const call = parts.findIndex((part) => part.functionCall && part.thoughtSignature === undefined)
  const place = call >= 0 ? call : parts.findLastIndex(isFreeText)
  const part = parts[place]
  const sealed = { thoughtSignature: seal(state) }
  return part ? parts.with(place, { ...part, ...sealed }) : [...parts, { text: '', ...sealed }]
}

const isFreeText = ({ text, thought, thoughtSignature }: AnswerPart): boolean =>
  text !== undefined && !thought && thoughtSignature === undefined

/** An image as inline data; one that is not inline becomes a link. */
export function imagePart({ image_url: image }: ImagePart): AnswerPart[] {
  const url = typeof image === 'string' ? image : image.url
  const [, mimeType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  return [mimeType && data !== undefined ? { inlineData: { mimeType, data } } : { text: url }]
}

/** Speech in OpenAI's format `pcm16`, and with Gemini's rate. */
export const audioParts = (audio: { data?: string } | undefined): AnswerPart[] =>
  audio?.data ? [{ inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data: audio.data } }] : []

const reasons: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  length: 'MAX_TOKENS',
  tool_calls: 'STOP',
  function_call: 'STOP',
  content_filter: 'SAFETY',
}

/** Gemini's own reasons are in upper case; of other providers' only Cohere's are. */
const isOwnReason = (native: string | undefined): native is string =>
  native !== undefined && /^[A-Z][A-Z_]+$/.test(native) && !reasonsOfCohere.has(native)

const reasonsOfCohere: ReadonlySet<string> = new Set(['COMPLETE', 'STOP_SEQUENCE', 'TOOL_CALL', 'ERROR', 'TIMEOUT'])

type Ending = Omit<Candidate, 'index' | 'content'>

/** Finish reason, sources and other facts about a candidate. */
export function ending(
  choice: Pick<Choice, 'finish_reason' | 'native_finish_reason' | 'provider_specific_fields'> & {
    logprobs?: Logprobs | null
  },
  { annotations, refusal, content }: Pick<AnswerMessage, 'annotations' | 'refusal' | 'content'>,
): Ending {
  const { finish_reason: reason, native_finish_reason: native } = choice
  const fields = Object.entries(choice.provider_specific_fields ?? {}).map(([name, value]) => [toCamel(name), value])
  const own: Fields = Object.fromEntries(fields.filter(([name]) => kept.has(String(name))))
  const grounding = own.groundingMetadata === undefined ? groundingOf(annotations, content ?? '') : undefined
  const logprobs = logprobsOf(choice.logprobs)
  return {
    finishReason: isOwnReason(native) ? native : reasons[reason],
    ...own,
    ...(reason === 'content_filter' && refusal && { finishMessage: refusal }),
    ...(grounding && { groundingMetadata: grounding }),
    ...(logprobs && { logprobsResult: logprobs }),
  }
}

const kept: ReadonlySet<string> = new Set([
  ...['groundingMetadata', 'citationMetadata', 'urlContextMetadata', 'safetyRatings', 'finishMessage', 'avgLogprobs'],
])

/** Citations as grounding: pages, and the ranges in bytes that they support. https://ai.google.dev/api/generate-content#GroundingMetadata */
function groundingOf(annotations: readonly Annotation[] | undefined, text: string): Fields | undefined {
  if (!annotations?.length) return undefined
  const pages: Fields[] = []
  const places = new Map<string, number>()
  const supports = annotations.flatMap(
    ({ url_citation: { url, title, start_index: start, end_index: end } }): Fields[] => {
      const place = places.get(url) ?? pages.push({ web: { uri: url, title } }) - 1
      places.set(url, place)
      // citations of the answer as a whole have no range
      if (end <= start) return []
      const segment = {
        startIndex: bytesIn(text.slice(0, start)),
        endIndex: bytesIn(text.slice(0, end)),
        text: text.slice(start, end),
      }
      return [{ segment, groundingChunkIndices: [place] }]
    },
  )
  return { groundingChunks: pages, groundingSupports: supports }
}

const bytesIn = (text: string): number => new TextEncoder().encode(text).length

/** https://ai.google.dev/api/generate-content#LogprobsResult */
export function logprobsOf(logprobs: Logprobs | null | undefined): LogprobsResult | undefined {
  if (!logprobs?.content) return undefined
  const plain = ({ token, logprob }: { token: string; logprob: number }) => ({ token, logProbability: logprob })
  return {
    chosenCandidates: logprobs.content.map(plain),
    topCandidates: logprobs.content.map(({ top_logprobs: tops }) => ({ candidates: tops.map(plain) })),
  }
}
