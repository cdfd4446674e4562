/** Keys of documentation and tutorials, which anyone would try first. */
const published =
  /^(sk-)?(1234(567890?)?|litellm|master(-?key)?(-?1234)?|test|admin|password|secret|changeme|change-me|your[-_]?(master[-_]?)?key|xxx+|0+|1+)$/i

/** Fewest characters of a master key. */
const shortest = 16

/** Reason why a master key must not be used on a public address; undefined if it may. */
export function weakness(key: string): string | undefined {
  if (published.test(key)) return 'it is a well-known example'
  if (/change[-_]?me|your[-_]|example/i.test(key)) return 'it is a placeholder'
  if (key.length < shortest) return `it has fewer than ${shortest} characters`
  if (new Set(key).size < 6) return 'it repeats few characters'
  return undefined
}

export const isWeakKey = (key: string) => weakness(key) !== undefined
