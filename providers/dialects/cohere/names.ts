const good = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Names of tools: letters, digits and `_`, no digit first. Others get an alias, the same wherever they stand, and no two share
 * one. https://docs.cohere.com/reference/errors (400)
 */
export class ToolNames {
  readonly #taken: Set<string>
  readonly #aliases = new Map<string, string>()

  /** @param originals every name of the request: those that are good as they are can't be taken by an alias */
  constructor(originals: readonly string[]) {
    this.#taken = new Set(originals.filter((name) => good.test(name)))
    for (const name of originals)
      if (!good.test(name) && !this.#aliases.has(name)) this.#aliases.set(name, this.#make(name))
  }

  /** The name to send. */
  wire(original: string): string {
    return this.#aliases.get(original) ?? original
  }

  /** From the alias back to the original; undefined where there are none. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (this.#aliases.size === 0) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }

  #make(name: string): string {
    const clean = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_')
    let alias = clean
    for (let turn = 2; this.#taken.has(alias); turn++) alias = `${clean}_${turn}`
    this.#taken.add(alias)
    return alias
  }
}
