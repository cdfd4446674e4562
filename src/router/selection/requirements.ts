import { estimateTokens } from '../../tokens/estimate.js'
import type { ChatParams } from '../../types/chat.js'
import type { Facts } from '../deployments/deployment.js'

export type RoutedOperation = 'chat' | 'embedding' | 'rerank'

/** What a call may cost, in US dollars: as expected, and at the very most. */
export interface Price {
  readonly estimate: number
  readonly most: number
}

type Parameters = Readonly<Record<string, unknown>>

/** What a call asks of a deployment. Worked out when something depends on it. */
export class Requirements {
  readonly operation: RoutedOperation
  /** What the call may cost where, as far as it was asked. */
  readonly prices = new Map<string, Price>()
  /** Whether the model must go on with a text: only those that are known to. */
  readonly prefill: boolean
  readonly #request: Parameters
  /** By the parameters of deployments that have some of their own. */
  #beside: Map<Parameters, Requirements> | undefined
  #tokens: number | undefined
  #characters: number | undefined
  #vision: boolean | undefined

  constructor(operation: RoutedOperation, request: Parameters, prefill = false) {
    this.operation = operation
    this.prefill = prefill
    this.#request = request
  }

  /** What the call asks of a deployment whose own parameters stand where the call says nothing. */
  beside(defaults: Parameters | undefined): Requirements {
    if (defaults === undefined) return this
    this.#beside ??= new Map()
    let needs = this.#beside.get(defaults)
    if (!needs) {
      needs = new Requirements(this.operation, { ...defaults, ...this.#request }, this.prefill)
      this.#beside.set(defaults, needs)
    }
    return needs
  }

  get tools(): boolean {
    const { tools } = this.#request
    return Array.isArray(tools) && tools.length > 0
  }

  get schema(): boolean {
    const { response_format: format } = this.#request
    return typeof format === 'object' && format !== null && (!('type' in format) || format.type === 'json_schema')
  }

  get vision(): boolean {
    this.#vision ??= hasImages(this.#request.messages)
    return this.#vision
  }

  /** The most tokens that the answer may have, where the call says so. */
  get maxTokens(): number | undefined {
    const { max_completion_tokens: completion, max_tokens: tokens } = this.#request
    return typeof completion === 'number' ? completion : typeof tokens === 'number' ? tokens : undefined
  }

  get choices(): number {
    const { n } = this.#request
    return typeof n === 'number' && n > 1 ? n : 1
  }

  /** Characters of all texts: no text has more tokens than bytes, so a small one needs no count. */
  get characters(): number {
    this.#characters ??= charactersOf(this.#request)
    return this.#characters
  }

  /** Estimated tokens of the prompt. */
  get promptTokens(): number {
    this.#tokens ??= this.#count()
    return this.#tokens
  }

  #count(): number {
    if (this.operation !== 'chat') return Math.ceil(this.characters / 3)
    const { model, messages, tools } = this.#request as unknown as ChatParams
    try {
      return estimateTokens({ model, messages, ...(tools && { tools }) }).tokens
    } catch {
      // content that nobody can count
      return Math.ceil(this.characters / 3)
    }
  }
}

function charactersOf({ messages, tools, input, documents, query }: Parameters): number {
  let sum = 0
  const add = (value: unknown, depth: number): void => {
    if (typeof value === 'string') sum += value.length
    else if (Array.isArray(value)) {
      // token ids
      if (typeof value[0] === 'number') sum += value.length * 3
      else for (const item of value) add(item, depth)
    } else if (typeof value === 'object' && value !== null && depth < 8) {
      for (const item of Object.values(value)) add(item, depth + 1)
    }
  }
  for (const part of [messages, tools, input, documents, query]) if (part !== undefined) add(part, 0)
  return sum
}

function hasImages(messages: unknown): boolean {
  if (!Array.isArray(messages)) return false
  for (const message of messages as readonly { content?: unknown }[]) {
    if (!Array.isArray(message?.content)) continue
    for (const part of message.content as readonly { type?: unknown }[]) if (part?.type === 'image_url') return true
  }
  return false
}

export type Inability = 'tools' | 'images' | 'prefill' | 'length'

/** What a deployment's model is known not to be able to do. Where nothing is known, nothing is refused. */
export function findInability(facts: Facts, needs: Requirements): Inability | undefined {
  const { tools, vision, prefill, maxInputTokens: most } = facts
  if (needs.operation === 'chat') {
    if (tools === false && needs.tools) return 'tools'
    if (vision === false && needs.vision) return 'images'
    if (needs.prefill && prefill !== true) return 'prefill'
  }
  // no text has more tokens than UTF-8 bytes, of which a UTF-16 unit has 3 at most
  return most !== undefined && needs.characters * 3 > most && needs.promptTokens > most ? 'length' : undefined
}
