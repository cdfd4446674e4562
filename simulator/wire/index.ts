import type { Json } from '../json.js'
import { anthropic } from './anthropic.js'
import { cohere } from './cohere.js'
import { completions } from './completions.js'
import { converse } from './converse.js'
import { deepgram } from './deepgram.js'
import { elevenlabs } from './elevenlabs.js'
import { gemini } from './gemini.js'
import { huggingface } from './huggingface.js'
import { invoke } from './invoke.js'
import { invokeImages } from './invoke-images.js'
import { invokeOpenai } from './invoke-openai.js'
import { invokeText } from './invoke-text.js'
import { ollama } from './ollama.js'
import { openai } from './openai.js'
import { replicate } from './replicate.js'
import { responses } from './responses.js'
import { sagemaker } from './sagemaker.js'
import { sagemakerText } from './sagemaker-text.js'
import { watsonx } from './watsonx.js'
import type { Headers, Route, Wire } from './wire.js'

// OpenAI last: its paths are the most general. Anthropic claims a shared path only with its version header
const wires: readonly Wire[] = [
  anthropic,
  gemini,
  huggingface,
  cohere,
  invokeImages,
  invoke,
  invokeText,
  invokeOpenai,
  converse,
  ollama,
  watsonx,
  sagemakerText,
  sagemaker,
  replicate,
  elevenlabs,
  deepgram,
  responses,
  completions,
  openai,
]

/** Finds the wire of a request. Unknown paths get OpenAI's 404. */
export function wireOf(method: string, path: string, headers: Headers, body: Json): { wire: Wire; route: Route } {
  for (const wire of wires) {
    const route = wire.route(method, path, headers, body)
    if (route) return { wire, route }
  }
  return { wire: openai, route: { operation: 'unknown' } }
}
