/** Names of what is kept. All of one namespace have one hash tag: in a Cluster they live in one slot. */
export class Keys {
  readonly #base: string
  readonly processes: string
  /** Changes when Redis has forgotten everything. */
  readonly born: string

  constructor(prefix: string, namespace: string) {
    this.#base = `{${prefix}:${namespace}}`
    this.processes = `${this.#base}:processes`
    this.born = `${this.#base}:born`
  }

  /** Usage, cooldown and latency of a deployment. */
  deployment(id: string): string {
    return `${this.#base}:deployment:${id}`
  }

  /** Its calls under way. */
  leases(id: string): string {
    return `${this.#base}:leases:${id}`
  }

  /** What a budget has spent. */
  budget(key: string): string {
    return `${this.#base}:budget:${key}`
  }

  /** What calls have set aside of it. */
  holds(key: string): string {
    return `${this.#base}:holds:${key}`
  }

  /** A settlement with money in it counts once. */
  settled(lease: string): string {
    return `${this.#base}:settled:${lease}`
  }
}
