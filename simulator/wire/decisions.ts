import { countTokens } from '../digest.js'
import { isRecord, type Json, list, record, records, string } from '../json.js'
import { badRequest } from './openai-errors.js'
import type { WireError, WireRequest } from './wire.js'

/**
 * Decisions. The simulated model says true if a longer word of the question is in the state, chooses and rates by the first option that is
 * in the state, and declines questions about secrets.
 */

interface Question {
  readonly name: string
  readonly type: string
  readonly text: string
  /** Choices or levels. */
  readonly options: readonly string[]
}

/** Google and OpenRouter have questions by name, OpenAI has a list. */
function questionsIn({ questions }: Json): Question[] {
  if (isRecord(questions)) {
    return Object.entries(questions).map(([name, question]) => {
      const { type, instructions, criteria } = record(question)
      const options = Array.isArray(criteria) ? criteria.map(String) : Object.keys(record(criteria))
      return { name, type: type === 'noul' ? 'boolean' : String(type), text: JSON.stringify(instructions), options }
    })
  }
  return records(questions).map(({ name, type, instructions, choices, levels }) => ({
    name: string(name) ?? '',
    type: type === 'predicate' ? 'boolean' : String(type),
    text: JSON.stringify(instructions),
    options:
      type === 'choice'
        ? records(choices).map((one) => String(one.value))
        : records(levels).map((one) => String(one.label)),
  }))
}

export function refuseDecisions({ body, model }: WireRequest): WireError | undefined {
  if (model === '') return badRequest('you must provide a model parameter')
  const state = body.input ?? body.state
  if (state === undefined) return badRequest("Missing required parameter: 'input'.", 'input')
  const questions = questionsIn(body)
  if (questions.length === 0) return badRequest("Missing required parameter: 'questions'.", 'questions')
  const wrong = questions.find(
    ({ type, options }) => type !== 'boolean' && (options.length < 2 || options.length > 255),
  )
  return wrong && badRequest(`Question '${wrong.name}' must have between 2 and 255 options.`, 'questions')
}

/** The place of the chosen option. */
function chosen({ options }: Question, state: string): number {
  const found = options.findIndex((option) => state.includes(option.toLowerCase()))
  return Math.max(0, found)
}

function isTrue({ text }: Question, state: string): boolean {
  const asked = text.toLowerCase().match(/[a-z]{5,}/g) ?? []
  return asked.some((word) => state.includes(word))
}

const declines = ({ text }: Question): boolean => /secret/i.test(text)

/** Nine tenths for the chosen option, the rest in equal parts. */
const probabilities = (count: number, at: number): number[] =>
  Array.from({ length: count }, (_, index) => (index === at ? 0.9 : 0.1 / (count - 1)))

const stateOf = ({ input, state }: Json): string => JSON.stringify(input ?? state).toLowerCase()

/** https://platform.openai.com/docs/api-reference/decisions; with `state` in place of `input` OpenRouter's form. */
export function decisions({ body, model }: WireRequest): Json {
  if (isRecord(body.questions)) {
    const tokens = countTokens(JSON.stringify(body))
    return {
      ...{ id: 'gen-decisions', model, provider: 'Simulator', answers: answersByName(body) },
      usage: { input_tokens: tokens, output_tokens: 1, cost: tokens / 1e6 },
    }
  }
  const state = stateOf(body)
  const answers = questionsIn(body).map((question) => {
    const { name, type, options } = question
    if (declines(question)) return { type: 'refusal', name }
    if (type === 'boolean') return { type: 'predicate', name, probability: isTrue(question, state) ? 0.9 : 0.1 }
    const at = chosen(question, state)
    const shares = probabilities(options.length, at)
    if (type === 'choice') {
      const list = options.map((value, index) => ({ value, probability: shares[index] }))
      return { type, name, choice: options[at], confidence: 0.9, probabilities: list }
    }
    const levels = options.map((label, index) => ({ label, value: index, probability: shares[index] }))
    return { type, name, score: at, confidence: 0.9, probabilities: levels }
  })
  const tokens = countTokens(JSON.stringify(body))
  return {
    ...{ model, answers },
    usage: {
      input_tokens: tokens,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: answers.length,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: tokens + answers.length,
    },
  }
}

/** The answers of Google and OpenRouter. */
function answersByName(body: Json): Json {
  const state = stateOf(body)
  return Object.fromEntries(
    questionsIn(body).map((question) => {
      const { name, type, options } = question
      if (type === 'boolean')
        return [name, { type: 'noul', noul: isTrue(question, state) ? 0.9 : 0.1, confidence: 0.9 }]
      const at = chosen(question, state)
      const shares = probabilities(options.length, at)
      const names = type === 'choice' ? options : options.map((_, index) => String(index))
      const byName = Object.fromEntries(names.map((one, index) => [one, shares[index]]))
      return type === 'choice'
        ? [name, { type, choice: options[at], confidence: 0.9, probabilities: byName }]
        : [name, { type, score: at, confidence: 0.9, legend: { ...list(options) }, probabilities: byName }]
    }),
  )
}

/** Google's decisions: POST /v1beta/decisions. */
export function geminiDecisions({ body }: WireRequest): Json {
  const tokens = countTokens(JSON.stringify(body))
  return {
    answers: answersByName(body),
    usage: { total_input_tokens: tokens, total_output_tokens: 1, total_tokens: tokens + 1 },
  }
}
