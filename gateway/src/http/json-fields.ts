/** Longest text of a field that is kept. */
const longest = 64 * 1024

/**
 * Reads some fields of a JSON object while its text arrives in parts, and keeps nothing else. Of an array of objects it reads those of each
 * object; the last one counts.
 */
export class JsonFields {
  readonly #names: ReadonlySet<string>
  readonly #found: Record<string, unknown> = {}
  /** Depth at which the fields are: that of the object. */
  #at = 0
  #depth = 0
  #inString = false
  #escaped = false
  #isKey = false
  #key = ''
  #value: string | undefined

  constructor(names: readonly string[]) {
    this.#names = new Set(names)
  }

  /** The fields that have been complete so far. */
  get found(): Readonly<Record<string, unknown>> {
    return this.#found
  }

  push(text: string): void {
    let from = this.#value === undefined && !(this.#inString && this.#isKey) ? -1 : 0
    for (let index = 0; index < text.length; index++) {
      const char = text.charCodeAt(index)
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false
        else if (char === 0x5c) this.#escaped = true
        else if (char === 0x22) {
          this.#inString = false
          if (this.#isKey && this.#depth === this.#at) {
            this.#key += text.slice(Math.max(0, from), index)
            from = -1
          }
        }
        continue
      }
      switch (char) {
        case 0x22:
          this.#inString = true
          if (this.#isKey && this.#depth === this.#at) {
            this.#key = ''
            from = index + 1
          }
          break
        case 0x7b:
        case 0x5b:
          this.#depth++
          // the object itself, or the one in an array
          if (char === 0x7b && (this.#at === 0 || this.#depth === this.#at)) {
            this.#at = this.#depth
            this.#isKey = true
          }
          break
        case 0x3a:
          if (!this.#isKey || this.#depth !== this.#at) break
          this.#isKey = false
          if (!this.#names.has(this.#key)) break
          this.#value = ''
          from = index + 1
          break
        case 0x7d:
        case 0x5d:
        case 0x2c:
          if (this.#depth === this.#at && this.#at > 0) {
            if (this.#value !== undefined) {
              this.#keep(text.slice(Math.max(0, from), index))
              from = -1
            }
            this.#isKey = char === 0x2c
          }
          if (char !== 0x2c) this.#depth--
          break
      }
    }
    if (from < 0) return
    if (this.#value !== undefined) this.#value = (this.#value + text.slice(from)).slice(0, longest)
    else this.#key = (this.#key + text.slice(from)).slice(0, longest)
  }

  #keep(rest: string): void {
    const text = (this.#value ?? '') + rest
    this.#value = undefined
    try {
      this.#found[this.#key] = JSON.parse(text)
    } catch {
      // longer than the kept part, or no JSON
    }
  }
}
