import type { Answer, Speech, SpokenCall } from '../answer.js'
import { countTokens } from '../digest.js'
import type { Frame } from '../frames.js'
import { isRecord, type Json, list, parseJson, record } from '../json.js'
import { inList, isVertex } from './gemini-errors.js'
import { generation, namesCalls, thinks } from './gemini-request.js'
import { signatureOf } from './gemini-signature.js'
import { pixel } from './media.js'
import type { WireBody, WireRequest } from './wire.js'

/** A non-streamed answer; a one-element list for a stream request without SSE. */
export function whole(answer: Answer, request: WireRequest): WireBody {
  const candidates = answer.choices.map((speech, index) => {
    const media = mediaOf(speech, request)
    if (media) return candidate(media, index, speech)
    const parts = partsOf(speech, request)
    // Gemini 3 signs its final text, too
    const last = parts.at(-1)
    const signed = last && signsText(request) && typeof last.text === 'string' && last.thought !== true
    const content = signed ? [...parts.slice(0, -1), { ...last, thoughtSignature: signature(speech, request) }] : parts
    return candidate(content, index, speech)
  })
  const body = { candidates, ...tail(answer, request, answer.tally?.spoken ?? 0) }
  return inList(request) ? [body] : body
}

export function frames(answer: Answer, request: WireRequest): Frame[] {
  const out: Frame[] = []
  let said = 0
  const frame = (part: Frame['part'], choice: Json): void => {
    out.push({ data: JSON.stringify({ candidates: [choice], ...tail(answer, request, said) }), part })
  }
  for (const [index, speech] of answer.choices.entries()) {
    for (const part of pieces(speech, request)) {
      if (part.thought !== true) said += countTokens(typeof part.text === 'string' ? part.text : JSON.stringify(part))
      frame('content', { content: { parts: [part], role: 'model' }, index })
    }
    said = index === answer.choices.length - 1 ? (answer.tally?.spoken ?? 0) : said
    const end = signsText(request) && speech.text !== '' && { thoughtSignature: signature(speech, request) }
    frame('close', candidate([{ text: '', ...end }], index, speech))
  }
  return out
}

/** The picture or the samples that `responseModalities` requests. https://ai.google.dev/gemini-api/docs/image-generation, /speech-generation */
function mediaOf({ text }: Speech, { body }: WireRequest): Json[] | undefined {
  const modalities = list(record(body.generationConfig).responseModalities)
  if (modalities.includes('IMAGE')) {
    return [...(text === '' ? [] : [{ text }]), { inlineData: { mimeType: 'image/png', data: pixel } }]
  }
  if (!modalities.includes('AUDIO')) return undefined
  const data = Buffer.alloc(2 * Math.max(1, text.length)).toString('base64')
  return [{ inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data } }]
}

function candidate(parts: readonly Json[], index: number, speech: Speech): Json {
  const broken = speech.toolCalls.find((call) => !isRecord(parseJson(call.arguments)))
  if (broken) {
    const finishMessage = `Malformed function call: ${broken.name}(${broken.arguments})`
    return { content: { parts, role: 'model' }, finishReason: 'MALFORMED_FUNCTION_CALL', index, finishMessage }
  }
  const finishReason = finishOf(speech.finishReason ?? 'stop')
  const called = speech.toolCalls.length > 0 && { finishMessage: 'Model generated function call(s).' }
  return { content: { parts, role: 'model' }, finishReason, index, ...called }
}

function partsOf(speech: Speech, request: WireRequest): Json[] {
  const out: Json[] = []
  if (speech.reasoning !== '') out.push({ text: speech.reasoning, thought: true })
  if (speech.text !== '') out.push({ text: speech.text })
  return [...out, ...callParts(speech, request)]
}

function pieces(speech: Speech, request: WireRequest): Json[] {
  return [
    ...speech.reasoningPieces.map((text) => ({ text, thought: true })),
    ...speech.textPieces.map((text) => ({ text })),
    ...callParts(speech, request),
  ]
}

/** Calls are complete, in streams as well. The API never returns a call with invalid arguments. */
function callParts(speech: Speech, request: WireRequest): Json[] {
  const signs = thinks(request)
  return speech.toolCalls.flatMap((call, index) => {
    const args = parseJson(call.arguments)
    if (!isRecord(args)) return []
    const functionCall = { name: call.name, args, ...nameOf(call, request) }
    // of parallel calls only the first is signed
    return { functionCall, ...(signs && index === 0 && { thoughtSignature: signature(speech, request) }) }
  })
}

function nameOf({ id, givenId }: SpokenCall, request: WireRequest): Json | undefined {
  if (givenId !== undefined) return { id: givenId }
  return namesCalls(request) ? { id: id.slice(0, 8).toLowerCase() } : undefined
}

function signsText(request: WireRequest): boolean {
  return generation(request.model) >= 3 && thinks(request)
}

function signature(speech: Speech, { seed }: WireRequest): string {
  return signatureOf(`${seed} ${speech.reasoning} ${speech.text}`)
}

function tail(answer: Answer, request: WireRequest, said: number): Json {
  const { tally } = answer
  const vertex = isVertex(request)
  const created = vertex && { createTime: '2023-11-14T22:13:20.000000Z' }
  const end = { modelVersion: answer.model, ...created, responseId: answer.id }
  if (!tally) return end
  const { fresh, cacheRead, cacheWrite5m, cacheWrite1h } = tally.prompt
  const input = fresh + cacheRead + cacheWrite5m + cacheWrite1h
  const spoken = Math.min(said, tally.spoken)
  // a count of 0 is omitted, as in protocol buffers
  const usageMetadata = {
    promptTokenCount: input,
    ...(spoken > 0 && { candidatesTokenCount: spoken }),
    totalTokenCount: input + spoken + tally.reasoning,
    ...(cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    ...(vertex && { trafficType: 'ON_DEMAND' }),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: input }],
    ...(cacheRead > 0 && { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: cacheRead }] }),
    ...(tally.reasoning > 0 && { thoughtsTokenCount: tally.reasoning }),
  }
  return { usageMetadata, ...end }
}

/** https://ai.google.dev/api/generate-content#FinishReason */
function finishOf(reason: string): string {
  switch (reason) {
    case 'stop':
    case 'tool_calls':
      return 'STOP'
    case 'length':
      return 'MAX_TOKENS'
    case 'content_filter':
      return 'SAFETY'
    default:
      return reason
  }
}
