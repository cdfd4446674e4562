import type { RouterContext } from '../context.js'
import type { HealthCheckOptions, HealthReport } from '../types.js'

const defaultInterval = 300_000
/** `setInterval` fires continuously beyond this. */
const maxTimer = 2_147_483_647

/** Checks every deployment, when it is asked to and in the background. */
export class HealthChecker {
  readonly #context: RouterContext
  #timer: NodeJS.Timeout | undefined
  #checking = false

  constructor(context: RouterContext) {
    this.#context = context
  }

  get #options(): HealthCheckOptions {
    const { healthCheck } = this.#context.options
    return typeof healthCheck === 'object' ? healthCheck : {}
  }

  /** Starts or stops the checks in the background, as the options have it. The timer does not keep the process alive. */
  schedule(): void {
    this.stop()
    if (!this.#context.options.healthCheck) return
    const { interval = defaultInterval } = this.#options
    this.#timer = setInterval(() => this.#checkInBackground(), Math.min(interval, maxTimer))
    this.#timer.unref?.()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** One round at a time. */
  #checkInBackground(): void {
    if (this.#checking) return
    this.#checking = true
    this.check()
      .catch(() => {})
      .finally(() => {
        this.#checking = false
      })
  }

  /** The code of the checks loads with the first one. */
  async check(): Promise<HealthReport[]> {
    const { checkDeployments } = await import('./health-requests.js')
    return checkDeployments(this.#context, this.#options)
  }
}
