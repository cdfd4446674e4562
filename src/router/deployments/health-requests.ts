import type { CallOperation } from '../../../providers/contract.js'
import type { AnyUsage } from '../../call/billing.js'
import { execute } from '../../call/execute.js'
import type { CallObserver } from '../../call/observer.js'
import { callOptions } from '../../call/options.js'
import { LLMError } from '../../errors.js'
import { operationList, operations } from '../../operations/specs.js'
import type { HeaderMap } from '../../transport/exchange.js'
import type { CallMeta } from '../../types/meta.js'
import type { RouterContext } from '../context.js'
import { applyRateLimits } from '../execution/attempt-recorder.js'
import { wasNeverSent } from '../execution/policy.js'
import { estimateTokensFor } from '../selection/estimates.js'
import { Requirements } from '../selection/requirements.js'
import type { HealthCheckOptions, HealthReport } from '../types.js'
import type { Deployment } from './deployment.js'

interface Answer {
  readonly usage?: AnyUsage | undefined
  readonly meta: CallMeta
}

const defaultTimeout = 30_000
/** Checks in flight at the same time. */
const maxParallel = 8

/** Sends a minimal request to every deployment without a wildcard, to check that it responds. */
export async function checkDeployments(context: RouterContext, options: HealthCheckOptions): Promise<HealthReport[]> {
  const deployments = [...context.groups.all].filter(({ wildcard }) => !wildcard)
  const reports: HealthReport[] = new Array(deployments.length)
  let next = 0
  const worker = async () => {
    for (let at = next++; at < deployments.length; at = next++) {
      reports[at] = await checkOne(context, options, deployments[at] as Deployment)
    }
  }
  await Promise.all(Array.from({ length: Math.min(maxParallel, deployments.length) }, worker))
  return reports
}

async function checkOne(
  context: RouterContext,
  options: HealthCheckOptions,
  deployment: Deployment,
): Promise<HealthReport> {
  const { id, modelName, model } = deployment
  const { clock, availability, queue } = context
  const startedAt = clock.now()
  const report = (error?: LLMError): HealthReport => ({
    deployment: id,
    modelName,
    model,
    healthy: error === undefined,
    latencyMs: clock.now() - startedAt,
    ...(error && { error }),
  })
  try {
    await send(context, options, deployment)
    deployment.unhealthy = undefined
    availability.recover(deployment)
    return report()
  } catch (error) {
    if (!LLMError.is(error)) throw error
    // a rate-limited deployment is not unhealthy
    if (error.code !== 'rate_limit') deployment.unhealthy = `${error.name}: ${error.message}`.slice(0, 200)
    return report(error)
  } finally {
    queue.wake()
  }
}

/** A check counts against limits and budgets like any request, but none of them stops it, and its latency is not measured. */
async function send(context: RouterContext, options: HealthCheckOptions, deployment: Deployment): Promise<void> {
  const { clock, state, budgets, settings } = context
  const { id } = deployment
  const { operation, request } = createRequest(context, options, deployment)
  const tokens = estimateTokensFor(deployment, new Requirements(operation, deployment.model, request))
  const at = clock.wall()
  const slot = deployment.reserve(at, tokens)
  let headers: HeaderMap | undefined
  const observer: CallObserver = {
    ...{ startedAt: clock.now(), attempts: [], mark: {} },
    router: { requested: id, modelGroup: deployment.modelName, deployment: id, fallbacks: 0 },
    settled: (call) => {
      headers = call.headers
    },
  }
  const finish = (answer: Answer | undefined, refused = false) => {
    const now = clock.wall()
    const used = answer ? (answer.usage ? (answer.usage.total_tokens ?? 0) : tokens) : 0
    deployment.release({ slot, tokens }, used, refused)
    if (headers) applyRateLimits(deployment, headers, now)
    const shared = budgets.for(deployment.provider, undefined)
    const charged = deployment.budget ? [...shared, deployment.budget] : shared
    const cost = (charged.length > 0 ? answer?.meta.cost.total : undefined) ?? 0
    for (const budget of charged) budget.spend(now, cost)
    if (refused || !state) return
    const accounts = [deployment.account(settings.enforceLimits), ...shared.map(({ account }) => account)]
    state.note?.({ id, at, accounts, tokens: used, cost })
  }
  try {
    finish((await execute(deployment.context, operations[operation], request, observer)) as Answer)
  } catch (error) {
    finish(undefined, LLMError.is(error) && wasNeverSent(error))
    throw error
  }
}

/** A request like those of its calls: over its connections, with its headers and the provider's own fields. */
function createRequest(
  context: RouterContext,
  { timeout = defaultTimeout, prompt = 'ping' }: HealthCheckOptions,
  deployment: Deployment,
): { operation: CallOperation; request: Readonly<Record<string, unknown>> } {
  const { model, baseModel, defaults } = deployment
  const inherited = Object.entries({ ...context.settings.callDefaults, ...defaults })
  const options = Object.fromEntries(inherited.filter(([name]) => callOptions.has(name) || name === 'extra_body'))
  const common = { ...options, model, baseModel, timeout, maxRetries: 0 }
  const mode = deployment.facts(model).info?.mode
  const spec = operationList.find(({ probe }) => probe?.mode === mode)
  if (spec?.probe) return { operation: spec.name, request: { ...common, ...spec.probe.params(prompt) } }
  const messages = [{ role: 'user', content: prompt }]
  return { operation: 'chat', request: { ...common, messages, max_tokens: 16, dropParams: true } }
}
