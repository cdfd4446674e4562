/** Source of time and randomness. Tests replace it. */
export interface Clock {
  /** Wall time, milliseconds since 1970. */
  wall(): number
  /** Monotonic time in milliseconds, for durations. */
  now(): number
  /** Random number in [0, 1), for jitter. */
  random(): number
}

export const systemClock: Clock = {
  wall: () => Date.now(),
  now: () => performance.now(),
  random: () => Math.random(),
}
