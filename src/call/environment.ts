import { environment } from '../platform/index.js'

/** A variable and its value, undefined for an absent one. */
export type EnvironmentRead = readonly [name: string, value: string | undefined]

/** Collects the variables that are read while a function runs. */
let recorded: EnvironmentRead[] | undefined

/**
 * Reads the environment, on demand. This is the only place that does. An empty variable counts as unset; white space around a value
 * (the newline of a mounted secret) is removed.
 */
export function fromEnvironment(names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const text = environment(name)
    recorded?.push([name, text])
    const value = text?.trim()
    if (value) return { name, value }
  }
  return undefined
}

/** Runs a synchronous function and returns its result with what it has read from the environment. */
export function withReads<Result>(run: () => Result): { result: Result; reads: readonly EnvironmentRead[] } {
  const reads: EnvironmentRead[] = []
  const outer = recorded
  recorded = reads
  try {
    return { result: run(), reads }
  } finally {
    recorded = outer
  }
}

/** Whether the environment still has what was read from it. */
export function areCurrent(reads: readonly EnvironmentRead[]): boolean {
  for (const [name, value] of reads) if (environment(name) !== value) return false
  return true
}
