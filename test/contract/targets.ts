import type { Provider } from '../../providers/contract.js'
import { loadProvider, providerIds } from '../../providers/registry.js'
import type { ClientOptions, ProviderOptions } from '../../src/types/options.js'
import { type DialectName, dialectOf } from './dialects.js'

/** A provider as called by the suite; a provider with several dialects has one target for each. */
export interface Target {
  /** `groq`, or `vertex_ai (Claude)`. */
  readonly label: string
  /** The prefix. */
  readonly id: string
  /** The provider that serves the models below. */
  readonly provider: Provider
  readonly dialect: DialectName
  readonly models: Models
  /** Settings required in addition to a key: an address, a region, a project. */
  readonly account: ProviderOptions
  /** Converts a request to OpenAI's form for the simulator, which doesn't know the differences of single hosts. */
  readonly arrives: (request: Arriving) => Arriving
}

export interface Arriving {
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
}

/** Model strings, with the prefix. */
export interface Models {
  readonly chat: string
  readonly reasoning: string
  readonly vision: string
  readonly embedding: string
  readonly rerank: string
  readonly speech: string
  /** A name, without the prefix. */
  readonly voice: string
  readonly transcription: string
  readonly image: string
}

interface Serving {
  /** A suffix of the label, for prefixes with several targets. */
  readonly as?: string
  /** The API of the bodies, for dialects that wrap another one. */
  readonly dialect?: DialectName
  readonly models?: Partial<Models>
  readonly account?: ProviderOptions
  readonly arrives?: Target['arrives']
}

const signing = { accessKeyId: 'AKIACONTRACT', secretAccessKey: 'secret-of-the-contract' } as const
const project = { project: 'contract', location: 'us-east5' } as const

/** Prefixes whose requests depend on the model. All others serve `some-model`. */
const servings: Readonly<Record<string, readonly Serving[]>> = {
  openai: [
    { models: { chat: 'gpt-4o', reasoning: 'o3', embedding: 'text-embedding-3-small' } },
    { as: 'Responses', models: { chat: 'responses/gpt-4o', reasoning: 'responses/o3' } },
  ],
  anthropic: [{ models: { chat: 'claude-sonnet-4-5' } }],
  azure: [{ models: { chat: 'gpt-4o', reasoning: 'o3' } }],
  azure_ai: [{ models: { chat: 'Llama-3.3-70B-Instruct' } }, { as: 'Claude', models: { chat: 'claude-sonnet-4-5' } }],
  gemini: [{ models: { chat: 'gemini-2.5-flash', embedding: 'gemini-embedding-001' } }],
  vertex_ai: [
    { as: 'Gemini', models: { chat: 'gemini-2.5-flash', embedding: 'text-embedding-005' }, account: project },
    { as: 'Claude', models: { chat: 'claude-sonnet-4-5' }, account: project },
    { as: 'Mistral', models: { chat: 'mistral-medium-3' }, account: project },
    { as: 'open models', models: { chat: 'meta/llama-3.3-70b-instruct-maas' }, account: project },
    { as: 'ranking', models: { chat: 'semantic-ranker-default' }, account: project },
  ],
  bedrock: [
    {
      as: 'Claude',
      models: { chat: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', embedding: 'cohere.embed-english-v3' },
    },
    {
      as: 'Nova',
      models: {
        chat: 'amazon.nova-lite-v1:0',
        reasoning: 'amazon.nova-2-lite-v1:0',
        embedding: 'amazon.titan-embed-text-v2:0',
      },
    },
    { as: 'gpt-oss', models: { chat: 'openai.gpt-oss-120b-1:0', embedding: 'amazon.titan-embed-text-v1' } },
    {
      as: 'InvokeModel',
      dialect: 'anthropic',
      models: { chat: 'invoke/us.anthropic.claude-sonnet-4-5-20250929-v1:0', embedding: 'cohere.embed-english-v3' },
    },
    {
      as: 'InvokeModel, gpt-oss',
      dialect: 'openai',
      models: { chat: 'invoke/openai.gpt-oss-120b-1:0', embedding: 'amazon.titan-embed-text-v2:0' },
    },
    ...[
      ['Llama', 'meta.llama3-1-70b-instruct-v1:0'],
      ['Llama 2', 'meta.llama2-13b-chat-v1'],
      ['Mistral', 'mistral.mistral-7b-instruct-v0:2'],
      ['Titan', 'amazon.titan-text-express-v1'],
    ].map(
      ([as, model]): Serving => ({
        as: `InvokeModel, ${as}`,
        dialect: 'text',
        models: { chat: `invoke/${model}`, embedding: 'amazon.titan-embed-text-v2:0' },
      }),
    ),
  ],
  cohere: [
    {
      models: {
        chat: 'command-a-03-2025',
        reasoning: 'command-a-reasoning-08-2025',
        vision: 'command-a-vision-07-2025',
        embedding: 'embed-v4.0',
        rerank: 'rerank-v3.5',
      },
    },
  ],
  elevenlabs: [{ models: { speech: 'eleven_v3', transcription: 'scribe_v1' } }],
  deepgram: [{ models: { speech: 'aura-2', voice: 'thalia', transcription: 'nova-3' } }],
  jina_ai: [{ models: { embedding: 'jina-embeddings-v3', rerank: 'jina-reranker-v2-base-multilingual' } }],
  voyage: [{ models: { embedding: 'voyage-3.5', rerank: 'rerank-2.5' } }],
  // recorded: chat is answered at /v1/chat
  writer: [{ arrives: ({ path, body }) => ({ path: path.replace(/\/chat$/, '/chat/completions'), body }) }],
  huggingface: [{}, { as: 'own server', account: { apiBase: 'https://contract.example' } }],
  replicate: [{ dialect: 'text', models: { chat: 'meta/meta-llama-3-8b-instruct' } }],
  sagemaker: [{ dialect: 'text', account: signing }],
  sagemaker_chat: [{ account: signing }],
  cloudflare: [{ account: { accountId: 'contract' } }],
  // a key would be exchanged for a token
  watsonx: [
    {
      account: {
        apiKey: undefined,
        authToken: 'key-of-the-contract',
        apiBase: 'https://contract.example',
        project: 'contract',
      },
    },
  ],
}

export async function targets(): Promise<readonly Target[]> {
  const all: Target[] = []
  for (const id of await providerIds()) {
    for (const serving of servings[id] ?? [{}]) all.push(await targetOf(id, serving))
  }
  return all
}

/** Models of images, for prefixes whose chat models have none. */
const images: Readonly<Record<string, string>> = {
  bedrock: 'amazon.nova-canvas-v1:0',
  replicate: 'black-forest-labs/flux-schnell',
  fireworks_ai: 'accounts/fireworks/models/flux-1-schnell-fp8',
}

async function targetOf(id: string, { as, dialect, models = {}, account, arrives }: Serving): Promise<Target> {
  const { chat = 'some-model', ...others } = models
  const loaded = await loadProvider(id)
  const provider = (await loaded?.route?.(chat)) ?? loaded
  if (!provider) throw new Error(`${id} is a prefix, and there is no provider`)
  const named = (model = chat): string => `${id}/${model}`
  return {
    label: as === undefined ? id : `${id} (${as})`,
    id,
    provider,
    dialect: dialect ?? dialectOf(provider),
    models: {
      chat: named(),
      reasoning: named(others.reasoning),
      vision: named(others.vision),
      embedding: named(others.embedding),
      rerank: named(others.rerank),
      speech: named(others.speech),
      voice: others.voice ?? 'some-voice',
      transcription: named(others.transcription),
      image: named(others.image ?? images[id]),
    },
    account: { ...accountOf(provider), ...account },
    arrives: arrives ?? ((request) => request),
  }
}

/** Required settings of a provider. */
function accountOf({ address, settings = [] }: Provider): ProviderOptions {
  const required = settings.filter((setting) => setting.required && setting.default === undefined)
  return {
    ...(address.base === undefined && { apiBase: 'https://contract.example/v1' }),
    ...Object.fromEntries(required.map(({ option }) => [option, option === 'region' ? 'us-east-1' : 'contract'])),
  }
}

export const key = 'key-of-the-contract'

/** Options of a client that can call the target. */
export const account = ({ id, account }: Target): ClientOptions => ({
  providers: { [id]: { apiKey: key, ...account } },
})
