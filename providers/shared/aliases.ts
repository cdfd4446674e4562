import type { ChatParams } from '../../src/types/chat.js'
import { isFields } from '../fields.js'

const valid = /^[a-zA-Z0-9_-]+$/

/**
 * Aliases for names of tools and calls that don't match the pattern of Anthropic and Bedrock (letters, digits, `_`,
 * `-`). A name has the same alias throughout the request, and no two names share one.
 */
export class Aliases {
  readonly #limit: number
  readonly #valid: RegExp
  readonly #taken = new Set<string>()
  readonly #aliases = new Map<string, string>()

  /**
   * @param originals all names of the request; valid ones are never used as an alias
   * @param pattern names that need no alias
   */
  constructor(originals: Iterable<string>, limit: number, style: 'plain' | 'hashed', pattern = valid) {
    this.#limit = limit
    this.#valid = pattern
    const bad = new Set<string>()
    for (const name of originals) (this.#good(name) ? this.#taken : bad).add(name)
    for (const name of bad) {
      const clean = name.replace(/[^a-zA-Z0-9_-]/g, '_')
      // a plain alias is readable; a hashed one stays stable when a later turn adds a similar name
      const plain = style === 'plain' && this.#good(clean) && !this.#taken.has(clean)
      this.#aliases.set(name, this.#take(plain ? clean : `${clean.slice(0, limit - 8)}_${hash(name)}`))
    }
  }

  /** The name to send. */
  wire(original: string): string {
    return this.#aliases.get(original) ?? original
  }

  /** Reserves a name that nothing else uses: the given one, or a variation of it. */
  unused(name: string): string {
    return this.#take(name)
  }

  /** Aliases to original names; undefined if there are none. */
  originals(): Readonly<Record<string, string>> | undefined {
    if (this.#aliases.size === 0) return undefined
    return Object.fromEntries([...this.#aliases].map(([original, alias]) => [alias, original]))
  }

  #good(name: string): boolean {
    return name.length <= this.#limit && this.#valid.test(name)
  }

  #take(name: string): string {
    let candidate = name
    for (let turn = 2; this.#taken.has(candidate); turn++) {
      const suffix = `_${turn}`
      candidate = name.slice(0, this.#limit - suffix.length) + suffix
    }
    this.#taken.add(candidate)
    return candidate
  }
}

/**
 * Collects all names and ids of the request before encoding, so that aliases can't clash.
 * @param names tool names; names called in the history are added
 */
export function makeAliases(
  { messages }: ChatParams,
  names: string[],
  longestName: number,
): { readonly names: Aliases; readonly ids: Aliases } {
  const ids: string[] = []
  for (const message of Array.isArray(messages) ? messages : []) {
    if (message?.role !== 'assistant') continue
    for (const call of Array.isArray(message.tool_calls) ? message.tool_calls : []) {
      ids.push(String(call?.id))
      names.push(String(call?.type === 'custom' ? call.custom.name : call?.function?.name))
    }
    if (message.function_call) names.push(String(message.function_call.name))
    for (const part of Array.isArray(message.content) ? (message.content as unknown[]) : []) {
      if (!isFields(part) || part.type !== 'tool_use') continue
      ids.push(String(part.id))
      names.push(String(part.name))
    }
  }
  return { names: new Aliases(names, longestName, 'plain'), ids: new Aliases(ids, 64, 'hashed') }
}

/** FNV-1a, 32 bits, as seven characters. */
function hash(text: string): string {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return (value >>> 0).toString(36).padStart(7, '0')
}
