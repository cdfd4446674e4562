import type { RouterContext } from '../context.js'
import type { RouterOptions } from '../types.js'
import type { RoutedCall } from './routed-call.js'

/** Copies under way at the same time; more are dropped and counted, as are those to a group that has been taken out. */
const most = 100

/** Sends copies of calls to another group. Nobody waits for them, and nothing of them reaches an answer. */
export class Mirror {
  dropped = 0
  #underWay = 0
  readonly #core: RouterContext
  readonly #run: (ride: RoutedCall, group: string) => Promise<unknown>

  constructor(core: RouterContext, run: (ride: RoutedCall, group: string) => Promise<unknown>) {
    this.#core = core
    this.#run = run
  }

  /** Where copies of a group's calls go. */
  copy(ride: RoutedCall): void {
    const { options, groups } = this.#core
    // where there is none, the call itself will say so
    const group = groups.find(ride.requested)
    const to = group && (ofGroup(options, group.name) ?? group.mirrorTo)
    if (to === undefined) return
    if (this.#underWay >= most || !groups.has(to)) {
      this.dropped++
      return
    }
    this.#underWay++
    this.#run(ride, to)
      .catch(() => {})
      .finally(() => this.#underWay--)
  }
}

const ofGroup = ({ mirrorTo }: RouterOptions, name: string): string | undefined =>
  mirrorTo && Object.hasOwn(mirrorTo, name) ? mirrorTo[name] : undefined
