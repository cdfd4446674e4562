/** Names of the keys. All keys of a namespace share one hash tag, so that a Cluster keeps them in one slot. */
export class Keys {
  readonly #base: string
  /** The processes that share the namespace. */
  readonly processes: string

  constructor(prefix: string, namespace: string) {
    this.#base = `{${quote(prefix)}:${quote(namespace)}}`
    this.processes = `${this.#base}:processes`
  }

  /** @param suffix the windows of the account: other windows are another account */
  account(key: string, suffix: string): string {
    // '#' and '$' begin the suffix
    return `${this.#base}:account:${key.replace(/[%#$]/g, encodeURIComponent)}${suffix}`
  }
}

/** Keeps the colon between prefix and namespace unambiguous. */
const quote = (part: string) => part.replace(/[%:]/g, encodeURIComponent)
