import type { BillableUsage } from 'llmux'
import { JsonFields } from './json-fields.js'

/** Most characters of an event that are kept to find its usage. */
const most = 4 * 1024 * 1024

/** Finds the usage in an answer that passes through: in its JSON, or in the events of its stream. It keeps no more than one event. */
export class UsageWatch {
  readonly #kind: 'json' | 'events' | 'frames'
  readonly #decoder: InstanceType<typeof TextDecoder>
  readonly #fields = new JsonFields(['usage', 'usageMetadata', 'amazon-bedrock-invocationMetrics'])
  #text = ''
  #input: number | undefined
  #output: number | undefined
  #cached = 0

  constructor(headers: Headers) {
    const type = headers.get('content-type') ?? ''
    // AWS's binary frames hold JSON, which is found in their bytes read as Latin-1
    this.#kind = type.includes('amazon.eventstream') ? 'frames' : type.includes('event-stream') ? 'events' : 'json'
    this.#decoder = new TextDecoder(this.#kind === 'frames' ? 'latin1' : 'utf-8')
    // Bedrock counts in headers what some of its models do not have in their answers
    this.#input = counted(headers.get('x-amzn-bedrock-input-token-count'))
    this.#output = counted(headers.get('x-amzn-bedrock-output-token-count'))
  }

  push(part: Uint8Array): void {
    const text = this.#decoder.decode(part, { stream: true })
    if (this.#kind === 'json') return this.#fields.push(text)
    this.#text += text
    if (this.#kind === 'frames') return this.#readFrames()
    const end = this.#text.lastIndexOf('\n')
    if (end < 0) {
      // no provider has such an event
      if (this.#text.length > most) this.#text = ''
      return
    }
    for (const line of this.#text.slice(0, end).split('\n'))
      if (line.startsWith('data:') && line.includes('sage')) this.#look(line.slice(5))
    this.#text = this.#text.slice(end + 1)
  }

  #readFrames(): void {
    let end = 0
    for (const { index, 0: found, 1: inner } of this.#text.matchAll(/"bytes":"([\w+/=]+)"|"usage":\{[^{}]*\}/g)) {
      end = index + found.length
      if (inner === undefined) this.#look(`{${found}}`)
      else this.#look(Buffer.from(inner, 'base64').toString('utf8'))
    }
    // a part that may continue; payloads are far smaller
    this.#text = this.#text.slice(end).slice(-256 * 1024)
  }

  end(): void {
    if (this.#kind === 'json') this.#read(this.#fields.found)
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
    this.#read(record(value))
  }

  #read(event: Readonly<Record<string, unknown>>): void {
    const usage = record(
      event.usage ??
        record(event.message).usage ??
        record(event.response).usage ??
        event.usageMetadata ??
        event['amazon-bedrock-invocationMetrics'],
    )
    const details = record(usage.prompt_tokens_details ?? usage.input_tokens_details)
    const cacheRead = numeric(usage.cache_read_input_tokens ?? usage.cacheReadInputTokens) ?? 0
    const cacheWrite = numeric(usage.cache_creation_input_tokens ?? usage.cacheWriteInputTokens) ?? 0
    const input = numeric(
      usage.prompt_tokens ?? usage.input_tokens ?? usage.promptTokenCount ?? usage.inputTokens ?? usage.inputTokenCount,
    )
    // Anthropic counts the cache apart from the input
    if (input !== undefined) this.#input = input + cacheRead + cacheWrite
    const output = numeric(
      usage.completion_tokens ??
        usage.output_tokens ??
        usage.candidatesTokenCount ??
        usage.outputTokens ??
        usage.outputTokenCount,
    )
    if (output !== undefined) this.#output = output + (numeric(usage.thoughtsTokenCount) ?? 0)
    this.#cached = numeric(details.cached_tokens ?? usage.cachedContentTokenCount) ?? (cacheRead || this.#cached)
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const numeric = (value: unknown) => (typeof value === 'number' && value >= 0 ? value : undefined)

const counted = (header: string | null) => (header !== null && /^\d{1,12}$/.test(header) ? Number(header) : undefined)
