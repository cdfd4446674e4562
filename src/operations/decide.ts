import type { DecisionDialect } from '../../providers/shared/decisions.js'
import { BadRequestError, got } from '../errors.js'
import type { DecideParams, DecideResponse, DecisionQuestion, DecisionQuestions } from '../types/decision.js'
import type { CallOptions, DecideRequest } from '../types/options.js'
import { bridge, type WireApi } from './over-chat.js'
import { plainOperation } from './plain.js'

export interface DecideMethod<Extra, Options> {
  /**
   * Answers questions about a state: yes or no, one of several choices, or a score. OpenAI, Google and OpenRouter have models for it, with
   * probabilities; every other chat model gives a structured answer (`emulated`).
   * @throws {LLMError} the class depends on the failure
   * @example
   * const questions = { urgent: { type: 'boolean', instructions: 'Does the customer need help today?' } }
   * const { answers } = await client.decide({ model: 'openai/gpt-6-luna', state: mail, questions })
   * if (answers.urgent.value) notify()
   */
  decide<const Questions extends DecisionQuestions>(
    request: DecideRequest<Questions> & Extra,
    options?: CallOptions & Options,
  ): Promise<DecideResponse<Questions>>
}

const mostQuestions = 400
const mostOptions = 255

const params: ReadonlySet<string> = new Set([
  ...['model', 'state', 'questions', 'prompt_cache_key', 'safety_identifier', 'extra_body'],
])

function check({ state, questions }: Readonly<Record<string, unknown>>): void {
  if ((typeof state !== 'string' && (typeof state !== 'object' || state === null)) || state === '') {
    throw new BadRequestError(`'state' must be a non-empty text, an object or an array; ${got(state)}.`, {
      param: 'state',
    })
  }
  const entries =
    typeof questions === 'object' && questions !== null && !Array.isArray(questions) ? Object.entries(questions) : []
  if (entries.length === 0 || entries.length > mostQuestions) {
    throw new BadRequestError(
      `'questions' must be an object with 1 to ${mostQuestions} questions, such as { urgent: { type: 'boolean', instructions } }; ${entries.length > 0 ? `got ${entries.length}` : got(questions)}.`,
      { param: 'questions' },
    )
  }
  for (const [name, question] of entries) checkQuestion(`questions.${name}`, question)
}

function checkQuestion(param: string, question: unknown): void {
  const { type, instructions, criteria } = (question ?? {}) as Partial<Record<keyof DecisionQuestion, unknown>>
  if (type !== 'boolean' && type !== 'choice' && type !== 'score') {
    throw new BadRequestError(`'${param}.type' must be 'boolean', 'choice' or 'score'; ${got(type)}.`, { param })
  }
  if (typeof instructions !== 'string' || instructions === '') {
    throw new BadRequestError(`'${param}.instructions' must be a non-empty string; ${got(instructions)}.`, { param })
  }
  if (type === 'boolean') {
    if (criteria === undefined || (typeof criteria === 'object' && criteria !== null && !Array.isArray(criteria)))
      return
    throw new BadRequestError(`'${param}.criteria' must be { true, false }; ${got(criteria)}.`, { param })
  }
  const names = Array.isArray(criteria)
    ? criteria
    : type === 'choice' && typeof criteria === 'object' && criteria !== null
      ? Object.keys(criteria)
      : []
  const fits =
    names.length >= 2 && names.length <= mostOptions && names.every((one) => typeof one === 'string' && one !== '')
  if (fits && new Set(names).size === names.length) return
  const form =
    type === 'choice' ? 'different choices, as texts or as descriptions by name' : 'different levels, as texts'
  throw new BadRequestError(`'${param}.criteria' must have 2 to ${mostOptions} ${form}; ${got(criteria)}.`, { param })
}

const overChat: WireApi = {
  name: 'decide',
  method: 'decide',
  path: '/v1/decisions',
  params,
  check,
  async load() {
    const { decisionsWire: wire } = await import('../../providers/inbound/decisions/index.js')
    return { wire: wire as never, forHost: (request) => request }
  },
  stream() {
    throw new BadRequestError("decide() can't stream.", { param: 'stream' })
  },
}

export const decide = plainOperation<DecideParams, DecideResponse>({
  name: 'decide',
  params,
  check,
  openai: async () => (await import('../../providers/dialects/openai/decision.js')).decisionDialect as never,
  unsupported: ({ name }) => `${name} has no chat models here. It is for embedding() or rerank().`,
  bridge: (request, context) => bridge(overChat, request, context),
  settle(call, { usage, model }, part) {
    const { outputIsFree } = part as DecisionDialect
    const billed = outputIsFree && usage?.cost === undefined && usage ? { ...usage, completion_tokens: 0 } : undefined
    call.settle(usage, { answeredModel: model, ...(billed && { usage: billed }) })
  },
})
