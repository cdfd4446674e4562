import { anthropic } from './anthropic.js'
import { cohere } from './cohere.js'
import { completions } from './completions.js'
import { converse } from './converse.js'
import { gemini } from './gemini.js'
import { invoke } from './invoke.js'
import { ollama } from './ollama.js'
import { openai } from './openai.js'
import { responses } from './responses.js'
import { sagemaker } from './sagemaker.js'
import { watsonx } from './watsonx.js'
import type { Headers, Route, Wire } from './wire.js'

// OpenAI last: its paths are the most general ones. Anthropic claims a path that both have only where its version header is there
const WIRES: readonly Wire[] = [
  anthropic,
  gemini,
  cohere,
  invoke,
  converse,
  ollama,
  watsonx,
  sagemaker,
  responses,
  completions,
  openai,
]

/** Whose request it is. What nobody knows is answered by OpenAI's 404. */
export function wireOf(method: string, path: string, headers: Headers): { wire: Wire; route: Route } {
  for (const wire of WIRES) {
    const route = wire.route(method, path, headers)
    if (route) return { wire, route }
  }
  return { wire: openai, route: { operation: 'unknown' } }
}
