import type { BillableUsage } from 'llmux'

/** Most bytes of an answer that are kept to find its usage. */
const most = 16 * 1024 * 1024

/** Finds the usage in an answer that passes through: in its JSON, or in the events of its stream. */
export class UsageWatch {
  readonly #events: boolean
  readonly #decoder = new TextDecoder()
  #text = ''
  #input: number | undefined
  #output: number | undefined
  #cached = 0

  constructor(contentType: string) {
    this.#events = contentType.includes('event-stream')
  }

  push(part: Uint8Array): void {
    if (this.#text.length > most) return
    this.#text += this.#decoder.decode(part, { stream: true })
    if (!this.#events) return
    const end = this.#text.lastIndexOf('\n')
    if (end < 0) return
    for (const line of this.#text.slice(0, end).split('\n'))
      if (line.startsWith('data:') && line.includes('sage')) this.#look(line.slice(5))
    this.#text = this.#text.slice(end + 1)
  }

  end(): void {
    if (!this.#events && this.#text.startsWith('{')) this.#look(this.#text)
    this.#text = ''
  }

  get usage(): BillableUsage | undefined {
    if (this.#input === undefined && this.#output === undefined) return undefined
    const prompt_tokens = this.#input ?? 0
    const completion_tokens = this.#output ?? 0
    return {
      prompt_tokens,
      completion_tokens,
      total_tokens: prompt_tokens + completion_tokens,
      prompt_tokens_details: { cached_tokens: this.#cached },
    } as BillableUsage
  }

  #look(json: string): void {
    let value: unknown
    try {
      value = JSON.parse(json)
    } catch {
      return
    }
    const event = record(value)
    const usage = record(
      event.usage ?? record(event.message).usage ?? record(event.response).usage ?? event.usageMetadata,
    )
    const details = record(usage.prompt_tokens_details ?? usage.input_tokens_details)
    const cacheRead = numeric(usage.cache_read_input_tokens) ?? 0
    const cacheWrite = numeric(usage.cache_creation_input_tokens) ?? 0
    const input = numeric(usage.prompt_tokens ?? usage.input_tokens ?? usage.promptTokenCount)
    // Anthropic counts the cache apart from the input
    if (input !== undefined) this.#input = input + cacheRead + cacheWrite
    const output = numeric(usage.completion_tokens ?? usage.output_tokens ?? usage.candidatesTokenCount)
    if (output !== undefined) this.#output = output + (numeric(usage.thoughtsTokenCount) ?? 0)
    this.#cached = numeric(details.cached_tokens ?? usage.cachedContentTokenCount) ?? (cacheRead || this.#cached)
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const numeric = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : undefined)
