import type { LLMError } from '../../errors.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import type { ModelGroup } from '../deployments/model-groups.js'
import { Requirements } from '../selection/requirements.js'
import { largestExceededWindow } from '../selection/select.js'
import type { FallbackTarget } from '../types.js'
import { selectFallbacks } from './policy.js'
import type { RoutedCall } from './routed-call.js'

const none: ReadonlySet<Deployment> = new Set()

/** One model group that a call is sent to: with its own retries, and possibly other parameters. */
export class FallbackStep {
  readonly context: RouterContext
  readonly call: RoutedCall
  readonly model: string
  readonly overrides: Readonly<Record<string, unknown>> | undefined
  /** Requirements with these parameters. */
  readonly requirements: Requirements
  /** The deployments behind `model` now: they may change while the call is in flight. */
  group: ModelGroup
  /** Deployments that have failed in this step. */
  tried: ReadonlySet<Deployment>
  /** The error of its last attempt. */
  lastError: LLMError | undefined
  /** Whether other steps follow if this one fails. */
  hasNext = false

  private constructor(call: RoutedCall, target: FallbackTarget, group: ModelGroup) {
    const { operation, request, requested, requirements, interrupted } = call
    this.context = call.context
    this.call = call
    this.group = group
    this.tried = interrupted?.deployment ? new Set([interrupted.deployment]) : none
    if (typeof target === 'string') {
      this.model = target
      this.overrides = undefined
      this.requirements = requirements
      return
    }
    const { model, ...overrides } = target
    if (interrupted && Array.isArray(overrides.messages)) {
      overrides.messages = [...overrides.messages, interrupted.prefix]
    }
    this.model = model
    this.overrides = overrides
    this.requirements = new Requirements(operation, requested, { ...request, ...overrides }, requirements.prefill)
  }

  /** @throws {BadRequestError} if the group does not exist */
  static first(call: RoutedCall): FallbackStep {
    return new FallbackStep(call, call.requested, call.context.groups.resolve(call.requested))
  }

  /** A fallback, unless its group was removed meanwhile. */
  static to(call: RoutedCall, target: FallbackTarget): FallbackStep | undefined {
    const group = call.context.groups.find(typeof target === 'string' ? target : target.model)
    return group && new FallbackStep(call, target, group)
  }

  /** Identifies the destination, whatever name leads to it. */
  get place(): string {
    const { name, id, matched } = this.group
    const place = id === undefined ? `group ${name} ${matched ?? ''}` : `deployment ${id}`
    return this.overrides ? `${place} ${JSON.stringify(this.overrides)}` : place
  }

  /**
   * Takes the current deployments of its group.
   * @returns false if the group no longer exists
   */
  refreshGroup(): boolean {
    const group = this.context.groups.find(this.model)
    this.group = group ?? { ...this.group, deployments: [], levels: [] }
    return group !== undefined
  }

  addTried(deployment: Deployment): void {
    this.tried = new Set(this.tried).add(deployment)
  }

  /** The failed deployments without those that are cooling down: they count as new once they are back. */
  triedAndAvailable(failed: Deployment): ReadonlySet<Deployment> {
    const { deployments } = this.group
    return new Set(deployments.filter((one) => this.tried.has(one) && (one === failed || !one.cooldown)))
  }

  /** The steps after this one. No place is visited twice, so there are no loops. */
  stepsAfter(error: LLMError): FallbackStep[] {
    const { call, context } = this
    // most calls have no second step: the place of the first is worked out when it matters
    call.visited.add(this.place)
    const targets = selectFallbacks(context.options, call.options, [this.model, this.group.name], error)
    return targets.flatMap((target) => {
      const step = FallbackStep.to(call, target)
      return step && !call.visited.has(step.place) ? step : []
    })
  }

  /** Whether another group can answer sooner than this one. */
  hasFallback(error: LLMError): boolean {
    return this.hasNext || this.stepsAfter(error).length > 0
  }

  /** Calls of one kind can use the same deployments: if there is no capacity for the first, there is none for the others. */
  get queueKey(): string {
    const { call, context, requirements, group } = this
    const { tags, allowedRegions } = call.options
    const { tools, vision, prefill } = requirements
    const abilities = [tools, vision, prefill, call.stream, largestExceededWindow(this)]
    const relevantTags = group.tagged ? tags : tags?.filter((tag) => context.budgets.hasTag(tag))
    return JSON.stringify([group.name, group.matched, call.operation, abilities, relevantTags, allowedRegions])
  }
}
