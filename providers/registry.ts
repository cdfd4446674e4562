import type { Provider } from './contract.js'

/** Providers that need more than a row. The specifiers are literal, so that bundlers see them and load each on its own. */
const builders: Readonly<Record<string, () => Promise<Provider>>> = Object.freeze({
  openai: async () => (await import('./openai.js')).provider as Provider,
  'text-completion-openai': async () => (await import('./text-completion.js')).provider as Provider,
  anthropic: async () => (await import('./anthropic.js')).provider as Provider,
  azure: async () => (await import('./azure.js')).provider as Provider,
  gemini: async () => (await import('./gemini.js')).provider as Provider,
  vertex_ai: async () => (await import('./vertex.js')).provider as Provider,
  cohere: async () => (await import('./cohere.js')).provider as Provider,
  ollama: async () => (await import('./ollama.js')).provider as Provider,
  ollama_chat: async () => (await import('./ollama.js')).chat as Provider,
  jina_ai: async () => (await import('./jina.js')).provider as Provider,
  voyage: async () => (await import('./voyage.js')).provider as Provider,
  bedrock: async () => (await import('./bedrock.js')).provider as Provider,
  databricks: async () => (await import('./databricks.js')).provider as Provider,
  cloudflare: async () => (await import('./cloudflare.js')).provider as Provider,
  huggingface: async () => (await import('./huggingface.js')).provider as Provider,
  replicate: async () => (await import('./replicate/index.js')).provider as Provider,
  sagemaker: async () => (await import('./sagemaker.js')).provider as Provider,
  sagemaker_chat: async () => (await import('./sagemaker.js')).messages as Provider,
  watsonx: async () => (await import('./watsonx.js')).provider as Provider,
  elevenlabs: async () => (await import('./elevenlabs/index.js')).provider as Provider,
  deepgram: async () => (await import('./deepgram/index.js')).provider as Provider,
  azure_ai: async () => (await import('./azure.js')).foundry as Provider,
})

/** Other prefixes of providers, which LiteLLM's configurations contain. */
const aliases: Readonly<Record<string, string>> = Object.freeze({ vertex_ai_beta: 'vertex_ai', cohere_chat: 'cohere' })

const loaded = new Map<string, Provider>()

/** The provider of a prefix, if its code has been loaded already. */
export const loadedProvider = (id: string): Provider | undefined => loaded.get(id)

/** Loads the provider of a prefix; undefined if there is none. */
export async function loadProvider(id: string): Promise<Provider | undefined> {
  const known = loaded.get(id)
  if (known) return known
  const alias = Object.hasOwn(aliases, id) ? aliases[id] : undefined
  if (alias !== undefined) return loadProvider(alias)
  const build = Object.hasOwn(builders, id) ? builders[id] : undefined
  const provider = build ? await build() : await loadRow(id)
  if (provider) loaded.set(id, provider)
  return provider
}

async function loadRow(id: string): Promise<Provider | undefined> {
  const [{ compatible }, { hosts }] = await Promise.all([import('./compatible.js'), import('./hosts/index.js')])
  const row = hosts.find((host) => host.id === id)
  return row && (compatible(row) as Provider)
}

/** Every prefix, for messages and docs. */
export async function providerIds(): Promise<string[]> {
  const { hosts } = await import('./hosts/index.js')
  return [...Object.keys(builders), ...hosts.map((host) => host.id)].sort()
}
