import {
  BadRequestError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  InternalServerError,
  RateLimitError,
} from '../../errors.js'
import type { RoutedCall } from './routed-call.js'

/** Fails on request, so that fallbacks can be tried. */
export function mockFailure({ context, options, requested, fallbacks }: RoutedCall): void {
  const names = Object.keys(options) as (keyof typeof options)[]
  const name = names.find((one) => one.startsWith('mockTesting') && options[one] === true)
  if (name === undefined) return
  if (!context.options.allowMockTesting) {
    throw new BadRequestError(`'${name}' must be enabled on the Router: new Router({ allowMockTesting: true, … }).`, {
      param: name,
    })
  }
  if (fallbacks > 0) return
  const message = `Mock failure requested by '${name}'.`
  const facts = { model: requested }
  switch (name) {
    case 'mockTestingContextFallbacks':
      throw new ContextWindowExceededError(message, { ...facts, status: 400 })
    case 'mockTestingContentPolicyFallbacks':
      throw new ContentPolicyViolationError(message, { ...facts, status: 400 })
    case 'mockTestingRateLimitError':
      throw new RateLimitError(message, { ...facts, status: 429 })
    default:
      throw new InternalServerError(message, { ...facts, status: 500 })
  }
}
