import type { Clock } from '../../call/clock.js'
import type { Cooldown, RouterState } from '../../limits/types.js'

import type { RouterEvents } from '../events.js'
import type { Deployment } from './deployment.js'

/** Starts a cooldown, and its reason. */
export interface CooldownOrder {
  readonly durationMs: number
  readonly reason: string
  /** Whether the provider itself named the duration: then repetition does not lengthen later cooldowns. */
  readonly asked?: boolean
}

/** Wakes the calls that wait for capacity. */
interface Wakeable {
  wakeIn(ms: number): void
}

/** The part of a state that shares cooldowns between processes. */
type SharedCooldowns = Pick<RouterState, 'cooldown' | 'recovered'>

/** Cooldowns, and the probe that ends each: one call goes first, and its success brings the deployment back. */
export class Availability {
  readonly #clock: Clock
  readonly #events: RouterEvents
  readonly #queue: Wakeable
  readonly #state: SharedCooldowns | undefined

  constructor(clock: Clock, events: RouterEvents, queue: Wakeable, state: SharedCooldowns | undefined) {
    this.#clock = clock
    this.#events = events
    this.#queue = queue
    this.#state = state
  }

  coolDown(deployment: Deployment, { durationMs, reason, asked }: CooldownOrder): void {
    const until = this.#clock.wall() + durationMs
    deployment.refresh(this.#clock.wall())
    // simultaneous failures count once
    if (!deployment.cooldown && !asked) deployment.cooldownStreak++
    if (deployment.cooldown && deployment.cooldown.until >= until) return
    if (!deployment.cooldown) deployment.cooledAt = this.#clock.now()
    deployment.cooldown = { until, reason, ...(asked && { asked }) }
    deployment.probe = 'none'
    this.#state?.cooldown(deployment.id, deployment.cooldown)
    this.#events.emit({ type: 'cooldown', deployment: deployment.id, reason, durationMs })
    this.#queue.wakeIn(durationMs)
  }

  /** A cooldown that another process started. */
  coolDownShared(deployment: Deployment, cooldown: Cooldown): void {
    const durationMs = cooldown.until - this.#clock.wall()
    deployment.cooldown = cooldown
    deployment.probe = 'none'
    this.#queue.wakeIn(durationMs)
    const reason = `${cooldown.reason} (seen by another process)`
    this.#events.emit({ type: 'cooldown', deployment: deployment.id, reason, durationMs })
  }

  /** The last healthy deployment of a group fails too: the cooldown that ends first is cut short. */
  halfOpenNext(deployments: readonly Deployment[]): void {
    // shared cooldowns end for all processes at once
    if (this.#state) return
    let next: Deployment | undefined
    for (const deployment of deployments) {
      const { cooldown } = deployment
      if (!cooldown || cooldown.asked) continue
      if (!next?.cooldown || cooldown.until < next.cooldown.until) next = deployment
    }
    if (!next) return
    next.cooldown = undefined
    next.probe = 'due'
  }

  /** The deployment answers again. */
  recover(deployment: Deployment): void {
    deployment.cooldownStreak = 0
    deployment.failuresInARow = 0
    if (deployment.probe === 'none' && !deployment.cooldown) return
    deployment.probe = 'none'
    deployment.cooldown = undefined
    this.#state?.recovered(deployment.id)
    this.#events.emit({ type: 'recovered', deployment: deployment.id })
  }
}
