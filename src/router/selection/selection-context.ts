import type { Budget } from '../../limits/budget.js'
import type { LimitAccount } from '../../limits/types.js'
import type { RouterContext } from '../context.js'
import type { Deployment } from '../deployments/deployment.js'
import { type ModelGroup, modelFor, providerFor } from '../deployments/model-groups.js'
import type { RouterCallOptions } from '../types.js'
import type { AffinityKey } from './affinity.js'
import type { Requirements } from './requirements.js'

/** One fallback step of a call, as far as the selection depends on it. */
export interface SelectionRequest {
  readonly context: RouterContext
  readonly call: {
    readonly requested: string
    readonly options: RouterCallOptions
    readonly request: Readonly<Record<string, unknown>>
    /** The session of the call. */
    readonly affinity: AffinityKey | undefined
    readonly stream: boolean
    /** Milliseconds; 0 for no limit. */
    readonly timeout: number
  }
  readonly requirements: Requirements
  readonly group: ModelGroup
  /** Deployments that have failed in this step. */
  readonly tried: ReadonlySet<Deployment>
  /** How long the call has waited in the queue; `undefined` for a call that does not wait. */
  readonly waitedMs?: number | undefined
}

/** The input of one selection, worked out once for all deployments. */
export class SelectionContext {
  readonly request: SelectionRequest
  readonly router: RouterContext
  readonly group: ModelGroup
  /** Requirements of the step, without the defaults of a deployment. */
  readonly #requirements: Requirements
  /** Whether any budget beside those of deployments exists. */
  readonly hasBudgets: boolean
  /** Milliseconds since 1970. */
  readonly now: number
  /** Tags of which a deployment must have one; `default`; `''` for no tags at all; `undefined` if tags don't matter. */
  readonly requiredTags: string | readonly string[] | undefined
  readonly regions: readonly string[] | undefined
  /** Place in a large group from which deployments are read for a session, from 0 to below 1. */
  readonly affinityStart: number | undefined
  /** Whether abilities and context windows are checked. */
  readonly checks: boolean
  readonly checksSchema: boolean
  /** Upper bound for the tokens of the prompt: 3 bytes for each UTF-16 unit. */
  readonly maxPromptTokens: number

  constructor(request: SelectionRequest) {
    const { context, group, call, requirements } = request
    const { preCallChecks } = context.settings
    this.request = request
    this.router = context
    this.group = group
    this.#requirements = requirements
    this.hasBudgets = context.budgets.any
    this.now = context.clock.wall()
    this.requiredTags = group.tagged ? findRequiredTags(call.options.tags, group) : undefined
    this.regions = call.options.allowedRegions
    this.affinityStart = call.affinity && context.affinity.startOf(call.affinity)
    this.checks = preCallChecks || requirements.prefill
    this.checksSchema = preCallChecks
    this.maxPromptTokens = this.checks ? requirements.characters * 3 : 0
  }

  model(deployment: Deployment): string {
    return modelFor(deployment, this.group.matched)
  }

  requirements({ requirementDefaults }: Deployment): Requirements {
    if (requirementDefaults === undefined) return this.#requirements
    return this.#requirements.withDefaults(requirementDefaults)
  }

  /** The deployment and the budgets as accounts of a limit store. */
  accounts(deployment: Deployment): LimitAccount[] {
    const budgets = this.#shared(deployment)
    return [deployment.account(this.router.settings.enforceLimits), ...budgets.map(({ account }) => account)]
  }

  /** Budgets that calls to other deployments draw on too. */
  #shared(deployment: Deployment): Budget[] {
    const { options, request } = this.request.call
    return this.router.budgets.for(providerFor(deployment, this.group), options.tags, request.user)
  }

  /** The budgets that a call to this deployment draws on. */
  budgets(deployment: Deployment): Budget[] {
    const budgets = this.#shared(deployment)
    if (deployment.budget) budgets.push(deployment.budget)
    return budgets
  }
}

function findRequiredTags(
  tags: readonly string[] | undefined,
  { deployments }: ModelGroup,
): string | readonly string[] {
  if (tags && deployments.some((deployment) => matchesTags(deployment, tags))) return tags
  return deployments.some((deployment) => deployment.tags.includes('default')) ? 'default' : ''
}

export function matchesTags({ tags }: Deployment, required: string | readonly string[]): boolean {
  if (typeof required === 'string') return required === '' ? tags.length === 0 : tags.includes(required)
  return tags.some((tag) => required.includes(tag))
}
