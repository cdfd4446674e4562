/** The pages say 128 characters, the API says 64. */
const valid = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/

/**
 * Names of functions, as Gemini takes them: a letter or `_`, then letters, digits, `_`, `.`, `:`, `-`, 64 characters at most. The
 * same original has the same name wherever it stands, and no two originals share one.
 * https://ai.google.dev/api/caching#FunctionDeclaration
 */
export class Names {
  readonly #taken = new Set<string>()
  readonly #aliases = new Map<string, string>()

  /** @param originals every name of the request: those that are good as they are can't be taken by an alias */
  constructor(originals: Iterable<string>) {
    const bad = new Set<string>()
    for (const name of originals) (valid.test(name) ? this.#taken : bad).add(name)
    for (const name of bad) this.#aliases.set(name, this.unused(name.replace(/[^a-zA-Z0-9_.:-]/g, '_')))
  }

  /** The name to send. */
  wire(original: string): string {
    return this.#aliases.get(original) ?? original
  }

  /** A wire name that nothing else has: the one given, or one like it. */
  unused(name: string): string {
    const base = (/^[a-zA-Z_]/.test(name) ? name : `_${name}`).slice(0, 60)
    let candidate = base
    for (let turn = 2; this.#taken.has(candidate); turn++) candidate = `${base}_${turn}`
    this.#taken.add(candidate)
    return candidate
  }

  /** From the alias back to the original; undefined where there are none. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (this.#aliases.size === 0) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }
}
