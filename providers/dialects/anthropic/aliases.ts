const valid = /^[a-zA-Z0-9_-]+$/

/**
 * Names for tools and tool calls that Anthropic's pattern (letters, digits, `_`, `-`) refuses. The same original has the
 * same alias wherever it stands, and no two originals share one.
 */
export class Aliases {
  readonly #limit: number
  readonly #taken = new Set<string>()
  readonly #aliases = new Map<string, string>()

  /** @param originals every name of the request: those that are good as they are can't be taken by an alias */
  constructor(originals: Iterable<string>, limit: number, style: 'plain' | 'hashed') {
    this.#limit = limit
    const bad = new Set<string>()
    for (const name of originals) (this.#good(name) ? this.#taken : bad).add(name)
    for (const name of bad) {
      const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_')
      // a plain alias reads better; a hashed one doesn't change when a later turn brings a name like it
      const plain = style === 'plain' && this.#good(clean) && !this.#taken.has(clean)
      this.#aliases.set(name, this.#take(plain ? clean : `${clean.slice(0, limit - 8)}_${hash(name)}`))
    }
  }

  /** The name to send. */
  wire(original: string): string {
    return this.#aliases.get(original) ?? original
  }

  /** A wire name that nothing else has: the one given, or one like it. */
  unused(name: string): string {
    return this.#take(name)
  }

  /** From the alias back to the original; undefined where there are none. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (this.#aliases.size === 0) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }

  #good(name: string): boolean {
    return name.length <= this.#limit && valid.test(name)
  }

  #take(name: string): string {
    let candidate = name
    for (let turn = 2; this.#taken.has(candidate); turn++) {
      const suffix = `_${turn}`
      candidate = name.slice(0, this.#limit - suffix.length) + suffix
    }
    this.#taken.add(candidate)
    return candidate
  }
}

/** FNV-1a, 32 bits, as seven characters. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return (value >>> 0).toString(36).padStart(7, '0')
}
