/**
 * Finds a model's row in a table of names: the name itself, then the name without its last part, and so on
 * (`gpt-4o-mini-2024-07-18`, …, `gpt-4o-mini`, `gpt-4o`, `gpt`). Parts end at `-`, `.`, `:`, `_` or `@`, so that
 * `gpt-4o` is never taken for a kind of `gpt-4`.
 */
export const lookup = <Row>(table: Readonly<Record<string, Row>>, model: string): Row | undefined => {
  for (const name of namesOf(model)) {
    for (let end = name.length; end > 0; end = lastBreak(name, end)) {
      const head = name.slice(0, end)
      if (Object.hasOwn(table, head)) return table[head]
    }
  }
  return undefined
}

/**
 * Candidate names of a model string: the lower-case part after the last slash, then the same without the prefixes of
 * hosts (`us.anthropic.claude-…`, `meta-llama-3…`).
 */
const namesOf = (model: string): string[] => {
  const last = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  let name = last.startsWith('ft:') ? last.slice(3) : last
  const names = [name]
  for (;;) {
    const at = name.search(/[.-]/)
    if (at === -1 || !hosts.has(name.slice(0, at))) return names
    name = name.slice(at + 1)
    names.push(name)
  }
}

/** Region and vendor prefixes used by Bedrock and others. */
const hosts: ReadonlySet<string> = new Set([
  'us',
  'eu',
  'apac',
  'jp',
  'au',
  'ca',
  'global',
  'anthropic',
  'meta',
  'amazon',
  'mistral',
  'cohere',
  'deepseek',
  'qwen',
  'openai',
  'google',
  'zai',
  'writer',
  'ai21',
  'moonshot',
  'moonshotai',
  'minimax',
  'nvidia',
  'databricks',
])

const lastBreak = (name: string, end: number): number => {
  for (let at = end - 1; at > 0; at--) if ('-.:_@'.includes(name.charAt(at))) return at
  return 0
}
