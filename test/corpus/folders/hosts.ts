import { loadProvider } from '../../../providers/registry.js'
import { isText, textPrefix } from '../request/text-completion.js'
import type { Recording } from '../wire/recording.js'
import { azurePlace, azurePrefix } from './azure.js'

/** A folder of the corpus whose host speaks OpenAI's wire, or nearly. */
interface Host {
  /** The provider that it is replayed through. @default the name of the folder */
  readonly prefix?: string
  readonly operations: readonly string[]
}

const chats = ['chat', 'chat-stream'] as const
const texts = ['completion', 'completion-stream'] as const

/** Hosts that have a row, or a provider, of their own. */
export const hosts: Readonly<Record<string, Host>> = {
  ai21: { operations: chats },
  alibaba: { prefix: 'dashscope', operations: chats },
  azure: { operations: [...chats, 'messages', 'messages-stream', 'completion', 'embedding', 'error'] },
  avian: { operations: ['chat-stream'] },
  cerebras: { operations: [...chats, ...texts] },
  cloudflare: { operations: chats },
  crusoe: { operations: chats },
  databricks: { operations: chats },
  deepseek: { operations: [...chats, 'error'] },
  doubleword: { operations: [...chats, 'embedding', 'error'] },
  fireworks: { prefix: 'fireworks_ai', operations: [...chats, ...texts, 'embedding'] },
  // has no prefix: its tokens are made by signing in with a browser
  'github-copilot': { prefix: 'openai_like', operations: [...chats, 'embedding'] },
  'github-models': { prefix: 'github', operations: [...chats, 'error'] },
  gpustack: { operations: [...chats, 'error'] },
  groq: { operations: [...chats, 'error'] },
  huggingface: { operations: [...chats, 'embedding', 'error'] },
  hyperbolic: { operations: ['chat', 'error'] },
  llamacpp: { operations: [...chats, 'embedding', 'rerank', 'error'] },
  llamafile: { operations: [...chats, 'embedding'] },
  mistral: { operations: [...chats, 'embedding', 'error'] },
  mistralrs: { operations: chats },
  moonshot: { operations: ['chat-stream'] },
  nebius: { operations: ['chat-stream'] },
  novita: { operations: chats },
  nvidia: { prefix: 'nvidia_nim', operations: chats },
  openrouter: { operations: [...chats, 'embedding', 'error'] },
  perplexity: { operations: [...chats, 'embedding', 'error'] },
  sambanova: { operations: [...chats, 'embedding'] },
  snowflake: { operations: chats },
  tgi: { operations: [...chats, ...texts] },
  together: { prefix: 'together_ai', operations: [...chats, ...texts, 'embedding', 'error'] },
  venice: { operations: [...chats, 'embedding', 'error'] },
  'vercel-ai-gateway': { prefix: 'vercel_ai_gateway', operations: chats },
  vllm: { prefix: 'hosted_vllm', operations: [...chats, ...texts, 'rerank'] },
  voyage: { operations: ['embedding', 'rerank', 'error'] },
  writer: { operations: chats },
  xai: { operations: [...chats, 'error'] },
  zai: { operations: chats },
}

export function hostPrefix(recording: Recording): string | undefined {
  const { provider: folder } = recording
  if (isText(recording)) return textPrefix
  if (folder === 'azure') return azurePrefix(recording)
  const host = Object.hasOwn(hosts, folder) ? hosts[folder] : undefined
  return host && (host.prefix ?? folder)
}

/** Where a recording is to be replayed, so that what is called can be held against what was recorded. */
export interface Place {
  /** What a caller would give: an `apiBase`, unless the recording was made at the provider's own address. */
  readonly options: { readonly apiBase?: string; readonly apiVersion?: string }
  /** Without a query. */
  readonly url: string
}

const operations = /\/(?:chat\/completions|completions|chat|embeddings|rerank|models)$/

/** Undefined where the recording is not of an operation of this wire. */
export async function placeOf(recording: Recording): Promise<Place | undefined> {
  const { provider: folder, request } = recording
  const prefix = hostPrefix(recording)
  if (prefix === undefined || !request.url || !URL.canParse(request.url)) return undefined
  if (folder === 'azure' && !isText(recording)) return azurePlace(recording)
  const { origin, pathname } = new URL(request.url)
  const url = `${origin}${pathname}`
  if (!operations.test(url)) return undefined
  const address = (await loadProvider(prefix))?.address
  const own = typeof address?.base === 'string' ? address.base : undefined
  const paths = (['chat', 'embedding', 'rerank'] as const).map((operation) =>
    address?.path(operation, '', false, {}, ''),
  )
  if (own !== undefined && paths.some((path) => `${own}${path}` === url)) return { options: {}, url }
  return { options: { apiBase: url.replace(operations, '') }, url }
}
