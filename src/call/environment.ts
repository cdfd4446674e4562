/**
 * The one place that reads the environment, and only when a call or a client needs it.
 * An empty variable counts as unset; white space around a value (the newline of a mounted secret) is not part of it.
 */
export function fromEnvironment(names: readonly string[]): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = process.env[name]?.trim()
    if (value) return { name, value }
  }
  return undefined
}
