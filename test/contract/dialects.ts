import type { Provider } from '../../providers/contract.js'
import { deepgram } from '../../providers/deepgram/index.js'
import { anthropic } from '../../providers/dialects/anthropic/index.js'
import { cohere } from '../../providers/dialects/cohere/index.js'
import { converse } from '../../providers/dialects/converse/index.js'
import { gemini } from '../../providers/dialects/gemini/index.js'
import { ollama } from '../../providers/dialects/ollama/index.js'
import { completions } from '../../providers/dialects/openai/completions/index.js'
import { jina } from '../../providers/dialects/rerank/jina.js'
import { voyage } from '../../providers/dialects/rerank/voyage.js'
import { responses } from '../../providers/dialects/responses/index.js'
import { elevenlabs } from '../../providers/elevenlabs/index.js'

/** Dialects with different capabilities; any other dialect is a variant of OpenAI's. */
const dialects = [
  ['anthropic', anthropic],
  ['gemini', gemini],
  ['cohere', cohere],
  ['converse', converse],
  ['ollama', ollama],
  ['completions', completions],
  ['responses', responses],
  ['jina', jina],
  ['voyage', voyage],
  ['elevenlabs', elevenlabs],
  ['deepgram', deepgram],
] as const

/** `text` covers all text completion APIs, regardless of their field names. */
export type DialectName = (typeof dialects)[number][0] | 'openai' | 'text'

export const dialectOf = ({ dialect }: Provider): DialectName =>
  dialects.find(([, known]) => (known as unknown) === dialect)?.[0] ?? 'openai'

export const dialectNames: readonly DialectName[] = ['openai', 'text', ...dialects.map(([name]) => name)]
