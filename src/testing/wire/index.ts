import type { SimulatedOperation } from '../reply.js'
import { anthropic } from './anthropic.js'
import { openai } from './openai.js'
import type { Headers, Wire } from './wire.js'

// Anthropic first: it claims a path that both have only where its version header is there
const WIRES: readonly Wire[] = [anthropic, openai]

/** Whose request it is. What nobody knows is answered by OpenAI's 404. */
export function wireOf(method: string, path: string, headers: Headers): { wire: Wire; operation: SimulatedOperation } {
  for (const wire of WIRES) {
    const operation = wire.route(method, path, headers)
    if (operation) return { wire, operation }
  }
  return { wire: openai, operation: 'unknown' }
}
