import type { DecisionDialect } from '../../providers/shared/decisions.js'
import { BadRequestError } from '../errors.js'
import type { DecideParams, DecideResponse, DecisionQuestions } from '../types/decision.js'
import type { CallOptions, DecideRequest } from '../types/options.js'
import { bridge, type WireApi } from './over-chat.js'
import { plainOperation } from './plain.js'
import { decideRequest } from './requests.js'

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

const overChat: WireApi = {
  ...decideRequest,
  async load() {
    const { decisionsWire: wire } = await import('../../providers/inbound/decisions/index.js')
    return { wire: wire as never, forHost: (request) => request }
  },
  stream() {
    throw new BadRequestError("decide() can't stream.", { param: 'stream' })
  },
}

export const decide = plainOperation<DecideParams, DecideResponse>({
  ...decideRequest,
  openai: async () => (await import('../../providers/dialects/openai/decision.js')).decisionDialect as never,
  unsupported: ({ name }) => `${name} has no chat models here. It is for embedding() or rerank().`,
  bridge: (request, context) => bridge(overChat, request, context),
  settle(call, { usage, model }, part) {
    const { outputIsFree } = part as DecisionDialect
    const billed = outputIsFree && usage?.cost === undefined && usage ? { ...usage, completion_tokens: 0 } : undefined
    call.settle(usage, { answeredModel: model, ...(billed && { usage: billed }) })
  },
})
