import type { Message } from '../../../src/types/messages.js'
import { type Fields, isFields } from './kit.js'
import type { OpenAIQuirks } from './quirks.js'

/** OpenAI takes ids of tool calls up to this length. */
const longest = 40

/**
 * New ids for calls whose ids, of another provider, the host would refuse; undefined where there are none. The same history gives
 * the same ids, so that prompt caches still match.
 */
export function newIds(
  messages: readonly Message[],
  kind: OpenAIQuirks['toolIds'],
): ReadonlyMap<string, string> | undefined {
  if (kind === 'any') return undefined
  let ids: Map<string, string> | undefined
  let taken: Set<unknown> | undefined
  for (const message of messages) {
    for (const { id } of callsOf(message)) {
      if (typeof id !== 'string' || ids?.has(id) || fits(id, kind)) continue
      ids ??= new Map()
      taken ??= new Set(messages.flatMap(callsOf).map((call) => call.id))
      let made = make(id, kind, 0)
      for (let attempt = 1; taken.has(made); attempt++) made = make(id, kind, attempt)
      taken.add(made)
      ids.set(id, made)
    }
  }
  return ids
}

const callsOf = (message: Message): Fields[] => {
  const calls: unknown = message?.role === 'assistant' ? message.tool_calls : undefined
  return Array.isArray(calls) ? calls.filter(isFields) : []
}

/** Mistral: "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9" (code 3280). */
const fits = (id: string, kind: OpenAIQuirks['toolIds']): boolean =>
  kind === 'nine' ? /^[a-zA-Z0-9]{9}$/.test(id) : id.length <= longest

function make(id: string, kind: OpenAIQuirks['toolIds'], attempt: number): string {
  const digest = hash(`${id}${attempt === 0 ? '' : `#${attempt}`}`)
  return kind === 'nine' ? digest : `call_${id.slice(0, 20).replace(/[^\w-]/g, '_')}_${digest}`
}

/** Nine letters and digits that stand for a text: two rounds of FNV-1a, 32 bits each. */
function hash(text: string): string {
  let [low, high] = [0x811c9dc5, 0x01000193]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ (code + at), 0x85ebca6b)
  }
  const digits = (part: number) => (part >>> 0).toString(36).padStart(7, '0')
  return (digits(low).slice(-5) + digits(high).slice(-4)).slice(0, 9)
}
