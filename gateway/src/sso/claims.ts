/** Claims of a verified token, or of a userinfo answer. */
export type Claims = Readonly<Record<string, unknown>>

const longest = 2_000

/** A claim by its name, or by a path such as `realm_access.roles`. */
export function claimOf(claims: Claims, path: string | undefined): unknown {
  if (path === undefined) return undefined
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

/** A claim as one text; undefined if it is missing, empty or of another type. */
export function textOf(claims: Claims, path: string | undefined): string | undefined {
  const value = claimOf(claims, path)
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' && text.length <= longest && !text.includes('\0') ? text : undefined
}

/** A claim as a list: of an array, or of one text. */
export function textsOf(claims: Claims, path: string | undefined): string[] {
  const value = claimOf(claims, path)
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.filter(
    (item): item is string => typeof item === 'string' && item !== '' && item.length <= longest && !item.includes('\0'),
  )
}

/** The scopes of a token: `scope` as a text with spaces or a list, or `scp`. */
export function scopesOf(claims: Claims): Set<string> {
  return new Set([...textsOf(claims, 'scope'), ...textsOf(claims, 'scp')].flatMap((text) => text.split(/\s+/)))
}
