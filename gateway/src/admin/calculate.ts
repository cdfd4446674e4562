import { type ChatCompletion, completionCost, estimateTokens } from 'llmux'
import { badRequest } from '../refusal.js'
import type { AdminRequest } from '../types.js'
import type { AdminContext } from './context.js'
import { bodyOf, isFields, list, text } from './fields.js'

/** Cost of a request, or of an answer. */
export function calculate({ catalog }: AdminContext, request: AdminRequest) {
  const body = bodyOf(request)
  const answer = body.completion_response
  if (isFields(answer)) {
    const model = text(answer, 'model') ?? text(body, 'model') ?? ''
    const price = catalog.has(model) ? catalog.prices(catalog.resolve(model)) : undefined
    const usage = isFields(answer.usage) ? answer.usage : {}
    const tokens = (name: string) => (typeof usage[name] === 'number' ? (usage[name] as number) : 0)
    const cost = price
      ? tokens('prompt_tokens') * price.input + tokens('completion_tokens') * price.output
      : completionCost(answer as unknown as ChatCompletion)
    if (cost === undefined)
      throw badRequest(`The cost of the answer is unknown: the model '${model}' has no price.`, 'model')
    return { cost }
  }
  const model = text(body, 'model')
  const messages = list(body, 'messages')
  if (!model || !messages) {
    throw badRequest("The body must have 'completion_response', or 'model' and 'messages'.", 'model')
  }
  const price = catalog.has(model) ? catalog.prices(catalog.resolve(model)) : undefined
  if (!price) throw badRequest(`The model '${model}' has no price.`, 'model')
  const { tokens } = estimateTokens({ model, messages: messages as never })
  return { cost: tokens * price.input }
}
