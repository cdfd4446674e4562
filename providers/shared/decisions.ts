/** Steps that the forms of decisions share. */

import type {
  DecideParams,
  DecideResponse,
  Decision,
  DecisionPart,
  DecisionQuestion,
  DecisionQuestions,
} from '../../src/types/decision.js'
import { type OperationDialect, ProviderFault } from '../contract.js'
import { type Fields, fieldsIn, isFields } from '../fields.js'

/** Decisions of an API. */
export interface DecisionDialect<Quirks = unknown> extends OperationDialect<DecideParams, DecideResponse, Quirks> {
  /** True if the host bills no output tokens of decisions. @default false */
  readonly outputIsFree?: boolean
}

/** The state as texts and images, if it is given so. */
export function partsOf(state: DecideParams['state']): readonly DecisionPart[] | undefined {
  if (!Array.isArray(state) || state.length === 0) return undefined
  const isPart = (part: unknown) =>
    isFields(part) && ((part.type === 'text' && typeof part.text === 'string') || part.type === 'image_url')
  return state.every(isPart) ? (state as readonly DecisionPart[]) : undefined
}

/** Names of the choices. */
export const choicesOf = (criteria: unknown): readonly string[] =>
  Array.isArray(criteria) ? criteria : Object.keys(criteria as object)

/** Descriptions of the choices by name. */
export const descriptionsOf = (criteria: unknown): Readonly<Record<string, string | null>> =>
  Array.isArray(criteria)
    ? Object.fromEntries(criteria.map((name: string) => [name, null]))
    : (criteria as Record<string, string | null>)

/** The answers of all questions. The state of an encoder is the questions of its request. */
export function decideAll(
  questions: unknown,
  answerOf: (name: string, at: number) => unknown,
): DecideResponse['answers'] {
  const asked = questions as DecisionQuestions
  return Object.fromEntries(
    Object.entries(asked).map(([name, question], at) => {
      const raw = answerOf(name, at)
      const decision = isFields(raw) ? decide(question, raw) : undefined
      if (!decision) throw new ProviderFault(`its answer has no decision for the question '${name}'`)
      return [name, decision]
    }),
  )
}

/** A probability of true, the choice with probabilities, or the expected level. Forms differ in names only. */
function decide(question: DecisionQuestion, raw: Fields): Decision | undefined {
  if (raw.type === 'refusal') return { type: 'refusal' }
  switch (question.type) {
    case 'boolean':
      return booleanOf(raw)
    case 'choice':
      return choiceOf(raw, choicesOf(question.criteria))
    case 'score':
      return scoreOf(raw, question.criteria)
  }
}

function booleanOf(raw: Fields): Decision | undefined {
  // OpenAI's predicate, and noul of the others
  const probability = raw.probability ?? raw.noul
  if (typeof probability !== 'number') return undefined
  const confidence = numberOf(raw.confidence) ?? Math.max(probability, 1 - probability)
  return { type: 'boolean', value: probability >= 0.5, probability, confidence }
}

function choiceOf(raw: Fields, names: readonly string[]): Decision | undefined {
  const { choice } = raw
  if (typeof choice !== 'string' || !names.includes(choice)) return undefined
  const listed = fieldsIn(raw.probabilities).map(({ value, probability }) => [String(value), probability] as const)
  const pairs = isFields(raw.probabilities) ? Object.entries(raw.probabilities) : listed
  const probabilities = Object.fromEntries(pairs.filter(([, one]) => typeof one === 'number')) as Record<string, number>
  const confidence = numberOf(raw.confidence)
  return {
    type: 'choice',
    value: choice,
    ...(confidence !== undefined && { confidence }),
    ...(pairs.length > 0 && { probabilities }),
  }
}

function scoreOf(raw: Fields, levels: readonly string[]): Decision | undefined {
  const { score } = raw
  if (typeof score !== 'number') return undefined
  const listed = fieldsIn(raw.probabilities)
  const at = (level: number): unknown =>
    isFields(raw.probabilities)
      ? raw.probabilities[String(level)]
      : listed.find(({ label }) => label === levels[level])?.probability
  const found = levels.map((_, level) => numberOf(at(level)))
  const probabilities = found.some((one) => one !== undefined) ? found.map((one) => one ?? 0) : undefined
  const confidence = numberOf(raw.confidence)
  return {
    type: 'score',
    // hosts may count levels from 1, or give them values of their own
    value: probabilities ? expected(probabilities) : score,
    ...(confidence !== undefined && { confidence }),
    ...(probabilities && { probabilities }),
  }
}

/** The sum of levels by their probability, without the noise of binary fractions. */
const expected = (probabilities: readonly number[]): number =>
  Number(probabilities.reduce((sum, probability, level) => sum + level * probability, 0).toPrecision(12))

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
