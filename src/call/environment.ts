import { environment } from '../platform/index.js'

/**
 * Reads the environment, on demand. This is the only place that does. An empty variable counts as unset; white space around a value
 * (the newline of a mounted secret) is removed.
 */
export function fromEnvironment(names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = environment(name)?.trim()
    if (value) return { name, value }
  }
  return undefined
}
