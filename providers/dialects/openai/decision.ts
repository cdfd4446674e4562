import type { DecideParams, DecideResponse, DecisionQuestion } from '../../../src/types/decision.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import { choicesOf, type DecisionDialect, decideAll, descriptionsOf, partsOf } from '../../shared/decisions.js'
import { isError } from './decode.js'
import type { OpenAIQuirks } from './quirks.js'
import { usageOf } from './usage.js'

function encode(params: DecideParams, { model, quirks }: EncodeContext<OpenAIQuirks>): Encoded {
  const { state, questions, extra_body: _, ...rest } = params
  const asked = Object.entries(questions)
  const body: Fields = quirks.stateDecisions
    ? { ...rest, model, state, questions: Object.fromEntries(asked.map(([name, one]) => [name, noulForm(one)])) }
    : { ...rest, model, input: inputOf(state), questions: asked.map(([name, one]) => ({ name, ...listForm(one) })) }
  return { body, encodeState: questions }
}

/** A text, a conversation, or one message with parts. */
function inputOf(state: DecideParams['state']): unknown {
  if (typeof state === 'string') return state
  const parts = partsOf(state)
  if (parts) {
    const content = parts.map((part) =>
      part.type === 'text'
        ? { type: 'input_text', text: part.text }
        : { type: 'input_image', image_url: part.image_url.url },
    )
    return [{ role: 'user', content }]
  }
  if (Array.isArray(state) && state.length > 0 && state.every(isItem)) return state
  return [{ role: 'user', content: [{ type: 'input_json', data: state }] }]
}

const itemTypes: ReadonlySet<unknown> = new Set([
  ...['message', 'function_call', 'function_call_output', 'custom_tool_call', 'custom_tool_call_output'],
])

const isItem = (item: unknown): boolean =>
  isFields(item) && (itemTypes.has(item.type) || (item.type === undefined && typeof item.role === 'string'))

/** A question of OpenAI, with options as a list. */
function listForm(question: DecisionQuestion): Fields {
  const { type, instructions } = question
  switch (type) {
    case 'boolean':
      return { type: 'predicate', instructions: withCriteria(question) }
    case 'choice': {
      const described = descriptionsOf(question.criteria)
      const choices = choicesOf(question.criteria).map((value) => {
        const description = described[value]
        return { value, ...(description != null && { description }) }
      })
      return { type, instructions, choices }
    }
    case 'score':
      return { type, instructions, levels: question.criteria.map((label) => ({ label })) }
  }
}

/** Predicates have no field for the meaning of their answers. */
function withCriteria({ instructions, criteria }: Extract<DecisionQuestion, { type: 'boolean' }>): string {
  const lines = (['true', 'false'] as const).flatMap((answer) => {
    const text = criteria?.[answer]
    return text === undefined ? [] : [`${answer}: ${text}`]
  })
  return [instructions, ...lines].join('\n')
}

/** The same with options by name, as OpenRouter has it. */
function noulForm(question: DecisionQuestion): Fields {
  const { type, instructions } = question
  if (type === 'choice') return { type, instructions, criteria: descriptionsOf(question.criteria) }
  if (type === 'score') return { type, instructions, criteria: question.criteria }
  const { true: yes, false: no } = question.criteria ?? {}
  return yes === undefined || no === undefined
    ? { type: 'noul', instructions: withCriteria(question) }
    : { type: 'noul', instructions, criteria: { true: yes, false: no } }
}

function decode(body: unknown, context: DecodeContext): Decoded<DecideResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { answers } = body
  if (!Array.isArray(answers) && !isFields(answers)) {
    throw new ProviderFault("its answer has no 'answers'", isError(body) ? body : undefined)
  }
  const answerOf = (name: string, at: number): unknown =>
    isFields(answers) ? answers[name] : (answers.find((one) => isFields(one) && one.name === name) ?? answers[at])
  const usage = tokensOf(body.usage, context as DecodeContext<OpenAIQuirks>)
  return {
    id: textIn(body, 'id') || context.fallbackId,
    model: textIn(body, 'model') || context.model,
    answers: decideAll(context.encodeState, answerOf),
    emulated: false,
    ...(usage && { usage }),
  }
}

function tokensOf(raw: unknown, { quirks, model }: DecodeContext<OpenAIQuirks>) {
  if (!isFields(raw)) return undefined
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details, ...rest } = raw
  const details = { prompt_tokens_details: input_tokens_details, completion_tokens_details: output_tokens_details }
  return usageOf({ ...rest, ...details, prompt_tokens: input_tokens, completion_tokens: output_tokens }, quirks, model)
}

/**
 * OpenAI's decisions, POST /v1/decisions, by the types of openai 7.59: https://platform.openai.com/docs/api-reference/decisions; and
 * OpenRouter's, by those of @openrouter/sdk 1.3: https://openrouter.ai/docs/api-reference/decisions
 */
export const decisionDialect: DecisionDialect<OpenAIQuirks> = Object.freeze({ encode, decode, outputIsFree: true })
