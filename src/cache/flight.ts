import { type Lifetime, within } from '../call/lifetime.js'
import { type AnyLLMError, LLMError } from '../errors.js'
import type { Plan } from './plan.js'

/** How a call ended that others waited for: with an entry, with an error that is theirs too, or in a way that is its own affair. */
export type Landing = { readonly text: string } | { readonly error: AnyLLMError } | 'left'

/** One call that identical ones wait for. */
export class Flight {
  readonly landing: Promise<Landing>
  /** Whether anybody waits. */
  shared = false
  #land: (landing: Landing) => void = () => {}
  #onShared: (() => void) | undefined

  constructor() {
    this.landing = new Promise((resolve) => {
      this.#land = resolve
    })
  }

  join(): Promise<Landing> {
    if (!this.shared) {
      this.shared = true
      this.#onShared?.()
    }
    return this.landing
  }

  /** Calls back once somebody waits: at once where that is so already. */
  whenShared(then: () => void): void {
    if (this.shared) then()
    else this.#onShared = then
  }

  land(landing: Landing): void {
    this.#land(landing)
  }
}

/** The flight that a call leads, and how it tells what became of it. */
export interface Leading {
  readonly flight: Flight
  land(landing: Landing): void
}

/** Flies with an identical call that is under way, or leads. Where a leader has left, the next one leads, and only that one. */
export async function share<Answer>(
  flights: Map<string, Flight>,
  name: string,
  plan: Plan,
  lifetime: Lifetime,
  lead: (leading: Leading) => Promise<Answer>,
  follow: (landing: Exclude<Landing, 'left'>) => Promise<Answer | undefined>,
): Promise<Answer> {
  for (;;) {
    const under = flights.get(name)
    if (!under) break
    const landing = await within(lifetime, under.join())
    const answer = landing === 'left' ? undefined : await follow(landing)
    if (answer !== undefined) return answer
  }
  const flight = new Flight()
  flights.set(name, flight)
  const land = (landing: Landing) => {
    if (flights.get(name) === flight) flights.delete(name)
    flight.land(landing)
  }
  try {
    return await lead({ flight, land })
  } catch (error) {
    land(landingOf(error, plan))
    throw error
  }
}

/** What ends one call by its own clocks or its caller's will says nothing to others; nor do errors that a key may be to blame for. */
export function landingOf(error: unknown, { shareAcrossKeys }: Plan): Landing {
  if (!LLMError.is(error)) return 'left'
  const known = error as AnyLLMError
  if (ownAffairs.has(known.code) || (shareAcrossKeys && ofKeys.has(known.code))) return 'left'
  return { error: known }
}

const ownAffairs: ReadonlySet<AnyLLMError['code']> = new Set(['aborted', 'timeout'])
const ofKeys: ReadonlySet<AnyLLMError['code']> = new Set([
  ...(['authentication', 'permission_denied', 'not_found', 'rate_limit', 'quota_exceeded'] as const),
  ...(['budget_exceeded', 'no_deployments_available'] as const),
])

/** Those who may have what others may not don't fly with them. */
export const flightName = (key: string, { maxAge, noStore }: Plan): string => `${key} ${maxAge} ${noStore}`
