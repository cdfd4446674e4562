import type { Paths, Provider } from './contract.js'
import { ollama } from './dialects/ollama/index.js'

const paths: Paths = { chat: '/api/chat', embedding: '/api/embed', rerank: '/api/rerank' }

/**
 * A local Ollama server or the one in OLLAMA_HOST; with a key, ollama.com.
 * https://docs.ollama.com/api
 */
export const provider: Provider = Object.freeze({
  id: 'ollama',
  name: 'Ollama',
  dialect: ollama,
  address: Object.freeze({
    base: 'http://localhost:11434',
    env: Object.freeze(['OLLAMA_API_BASE', 'OLLAMA_HOST']),
    fromEnvironment: hostToBase,
    path: (operation) => paths[operation] ?? '',
  } satisfies Provider['address']),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['OLLAMA_API_KEY']),
        header: 'authorization',
        prefix: 'Bearer ',
      } as const),
    ]),
    required: false,
    url: 'https://ollama.com/settings/keys',
  }),
  quirks: Object.freeze({}),
} satisfies Provider)

/** The same provider under LiteLLM's prefix. */
export const chat: Provider = Object.freeze({ ...provider, id: 'ollama_chat' })

/**
 * Converts a value of OLLAMA_HOST to a base URL. The variable also configures the server, so it may lack the scheme
 * and the port, or name a listen address. https://docs.ollama.com/faq#how-do-i-configure-ollama-server
 */
export function hostToBase(value: string): string {
  const text = value.trim().replace(/\/+$/, '')
  if (text === 'ollama.com') return 'https://ollama.com'
  const [scheme, rest] = text.includes('://') ? (text.split('://', 2) as [string, string]) : ['http', text]
  const [authority = '', ...path] = rest.split('/')
  const [, host = authority, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(authority) ?? []
  const reachable = host === '0.0.0.0' || host === '[::]' || host === '' ? 'localhost' : host
  // the default port applies only without a scheme
  const door = port ?? (text.includes('://') ? undefined : '11434')
  return `${scheme}://${reachable}${door ? `:${door}` : ''}${path.length > 0 ? `/${path.join('/')}` : ''}`
}
