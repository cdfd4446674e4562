import { ContentPolicyViolationError } from '../../../src/errors.js'
import type { DecideParams, DecideResponse, DecisionPart, DecisionQuestion } from '../../../src/types/decision.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { countIn, type Fields, isFields, textIn } from '../../fields.js'
import { type DecisionDialect, decideAll, descriptionsOf, partsOf } from '../../shared/decisions.js'
import type { GeminiQuirks } from './scope.js'

function encode(params: DecideParams, { model }: EncodeContext<GeminiQuirks>): Encoded {
  const { state, questions, extra_body: _, prompt_cache_key: __, safety_identifier: ___, ...rest } = params
  const asked = Object.entries(questions).map(([name, question]) => [name, questionOf(question)])
  return {
    body: { ...rest, model: `models/${model}`, input: inputOf(state), questions: Object.fromEntries(asked) },
    encodeState: questions,
  }
}

function inputOf(state: DecideParams['state']): unknown {
  if (typeof state === 'string') return state
  return partsOf(state)?.map(contentOf) ?? JSON.stringify(state)
}

function contentOf(part: DecisionPart): Fields {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { url } = part.image_url
  const [, type, data] = /^data:([^;,]+);base64,(.*)$/s.exec(url) ?? []
  return data === undefined ? { type: 'image', uri: url } : { type: 'image', mime_type: type, data }
}

function questionOf(question: DecisionQuestion): Fields {
  const { type, instructions } = question
  if (type === 'score') return { type, instructions, criteria: question.criteria }
  if (type === 'choice') {
    const described = Object.entries(descriptionsOf(question.criteria))
    return { type, instructions, criteria: Object.fromEntries(described.map(([name, text]) => [name, text ?? name])) }
  }
  const { true: yes, false: no } = question.criteria ?? {}
  const criteria = {
    ...(yes !== undefined && { true_description: yes }),
    ...(no !== undefined && { false_description: no }),
  }
  return { type: 'noul', instructions, ...(question.criteria && { criteria }) }
}

function decode(body: unknown, context: DecodeContext): Decoded<DecideResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { answers, prompt_feedback: feedback } = body
  if (!isFields(answers)) {
    const reason = isFields(feedback) ? textIn(feedback, 'block_reason') : undefined
    if (reason !== undefined) throw blocked(context, reason)
    throw new ProviderFault("its answer has no 'answers'", isFields(body.error) ? body : undefined)
  }
  const usage = usageOf(body.usage)
  return {
    id: context.fallbackId,
    model: context.model,
    answers: decideAll(context.encodeState, (name) => answers[name]),
    emulated: false,
    ...(usage && { usage }),
  }
}

function usageOf(raw: unknown): DecideResponse['usage'] {
  const fields = isFields(raw) ? raw : undefined
  const input = countIn(fields, 'total_input_tokens')
  if (input === undefined) return undefined
  const output = (countIn(fields, 'total_output_tokens') ?? 0) + (countIn(fields, 'total_thought_tokens') ?? 0)
  const cached = countIn(fields, 'total_cached_tokens')
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...(cached !== undefined && { prompt_tokens_details: { cached_tokens: cached } }),
  }
}

function blocked({ provider, model }: DecodeContext, reason: string): Error {
  return new ContentPolicyViolationError(
    `${provider}/${model} must return decisions; got none (${reason}). Change the state or the questions.`,
    { provider, model },
  )
}

/** Google's decisions, POST /v1beta/decisions, by the types of @google/genai 3.3. */
export const decisionDialect: DecisionDialect<GeminiQuirks> = Object.freeze({ encode, decode })
