/**
 * Names of documents: letters, digits, single spaces, hyphens, parentheses and square brackets (and underscores, as recorded requests
 * show), 200 characters at most. No two of a request are the same.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html
 */
export class DocumentNames {
  readonly #taken = new Set<string>()

  /** @param given a title or the name of a file, whose extension Converse says apart */
  take(given: string | null | undefined): string {
    const clean = (given ?? '')
      .replace(/\.[a-z0-9]{1,5}$/i, '')
      .replace(/[^a-zA-Z0-9_\s\-()[\]]+/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 190)
      .trim()
    const base = clean || 'Document'
    let name = base
    for (let turn = 2; this.#taken.has(name); turn++) name = `${base} (${turn})`
    this.#taken.add(name)
    return name
  }
}
