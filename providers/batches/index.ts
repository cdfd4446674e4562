import type { Provider } from '../contract.js'
import type { BatchHost } from './contract.js'

/** The providers with batches, by prefix. Each loads with its first use. */
const hosts: Readonly<Record<string, () => Promise<BatchHost>>> = {
  openai: async () => (await import('./openai-hosts.js')).openai,
  azure: async () => (await import('./openai-hosts.js')).azure,
  bedrock: async () => (await import('./bedrock.js')).bedrock,
  gemini: async () => (await import('./gemini.js')).gemini,
  vertex_ai: async () => (await import('./vertex.js')).vertex,
  anthropic: async () => (await import('./anthropic.js')).anthropic,
  groq: async () => (await import('./openai-hosts.js')).groq,
  mistral: async () => (await import('./mistral.js')).mistral,
  together_ai: async () => (await import('./together.js')).together,
}

/** Names of the providers with batches. */
export const batchProviders: readonly string[] = Object.keys(hosts)

/** Batches of a provider; undefined if it has none. */
export const batchHost = ({ id }: Provider): Promise<BatchHost> | undefined =>
  Object.hasOwn(hosts, id) ? hosts[id]?.() : undefined
