import type { Message } from '../../../src/types/messages.js'

/**
 * New ids for calls whose ids, of another provider, are longer than the host takes (OpenAI: 40 characters); undefined where there are none. The same
 * history gives the same ids, so that prompt caches still match.
 */
export function shortIds(messages: readonly Message[], longest: number): ReadonlyMap<string, string> | undefined {
  if (longest === Number.POSITIVE_INFINITY) return undefined
  let map: Map<string, string> | undefined
  let taken: Set<string> | undefined
  for (const message of messages) {
    if (message?.role !== 'assistant' || !Array.isArray(message.tool_calls)) continue
    for (const { id } of message.tool_calls) {
      if (typeof id !== 'string' || id.length <= longest || map?.has(id)) continue
      map ??= new Map()
      taken ??= idsOf(messages)
      let short = `call_${id.slice(0, 20).replace(/[^\w-]/g, '_')}_${map.size}`
      while (taken.has(short)) short += '_'
      taken.add(short)
      map.set(id, short)
    }
  }
  return map
}

function idsOf(messages: readonly Message[]): Set<string> {
  const ids = new Set<string>()
  for (const message of messages) {
    if (message?.role === 'assistant') for (const { id } of message.tool_calls ?? []) ids.add(id)
  }
  return ids
}
