import { type Lifetime, within } from '../call/lifetime.js'
import { type AnyLLMError, LLMError } from '../errors.js'
import type { CachePolicy } from './policy.js'

/** The outcome that a leader shares with its followers: a cache entry, a common error, or nothing they can use. */
export type FlightResult = { readonly text: string } | { readonly error: AnyLLMError } | 'unshared'

/** One in-flight call and the identical calls that wait for its result. */
export class SingleFlight {
  readonly result: Promise<FlightResult>
  /** True once an identical call waits for the result. */
  hasFollowers = false
  #resolve: (result: FlightResult) => void = () => {}
  #onFollower: (() => void) | undefined

  constructor() {
    this.result = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  join(): Promise<FlightResult> {
    if (!this.hasFollowers) {
      this.hasFollowers = true
      this.#onFollower?.()
    }
    return this.result
  }

  /** Runs `callback` when the first follower joins, or immediately if one already has. */
  onFollower(callback: () => void): void {
    if (this.hasFollowers) callback()
    else this.#onFollower = callback
  }

  finish(result: FlightResult): void {
    this.#resolve(result)
  }
}

/** The leader's handle on its flight. */
export interface FlightLeader {
  readonly flight: SingleFlight
  finish(result: FlightResult): void
}

/** Joins an identical in-flight call or becomes the leader. If a leader ends without a usable result, one follower takes over. */
export async function runOnce<Answer>(
  flights: Map<string, SingleFlight>,
  key: string,
  policy: CachePolicy,
  lifetime: Lifetime,
  lead: (leader: FlightLeader) => Promise<Answer>,
  follow: (result: Exclude<FlightResult, 'unshared'>) => Promise<Answer | undefined>,
): Promise<Answer> {
  for (;;) {
    const current = flights.get(key)
    if (!current) break
    const result = await within(lifetime, current.join())
    const answer = result === 'unshared' ? undefined : await follow(result)
    if (answer !== undefined) return answer
  }
  const flight = new SingleFlight()
  flights.set(key, flight)
  const finish = (result: FlightResult) => {
    if (flights.get(key) === flight) flights.delete(key)
    flight.finish(result)
  }
  try {
    return await lead({ flight, finish })
  } catch (error) {
    finish(resultOfError(error, policy))
    throw error
  }
}

/** Timeouts and aborts concern one call only. With `shareAcrossKeys`, errors caused by one caller's key are not shared either. */
export function resultOfError(error: unknown, { shareAcrossKeys }: CachePolicy): FlightResult {
  if (!LLMError.is(error)) return 'unshared'
  const known = error as AnyLLMError
  if (callSpecific.has(known.code) || (shareAcrossKeys && keySpecific.has(known.code))) return 'unshared'
  return { error: known }
}

const callSpecific: ReadonlySet<AnyLLMError['code']> = new Set(['aborted', 'timeout'])
const keySpecific: ReadonlySet<AnyLLMError['code']> = new Set([
  ...(['authentication', 'permission_denied', 'not_found', 'rate_limit', 'quota_exceeded'] as const),
  ...(['budget_exceeded', 'no_deployments_available'] as const),
])

/** Calls share a flight only if they accept and store the same answers. */
export const flightKey = (key: string, { maxAge, noStore }: CachePolicy): string => `${key} ${maxAge} ${noStore}`
