/**
 * The bare names that resolve without a prefix, and suggestions for unknown ones. Names change with every release of the
 * providers: a name that is missing here works with its prefix (`openai/…`, `anthropic/…`).
 * https://platform.openai.com/docs/models, https://platform.claude.com/docs/en/about-claude/models/overview
 */

import { closestNames } from '../src/suggest.js'

/** Models that answer on the Responses API only. */
const responsesOnly = [
  'codex-mini-latest',
  'computer-use-preview',
  'computer-use-preview-2025-03-11',
  'gpt-5-codex',
  'gpt-5-pro',
  'gpt-5-pro-2025-10-06',
  'gpt-5.1-codex',
  'gpt-5.1-codex-max',
  'gpt-5.1-codex-mini',
  'gpt-5.2-codex',
  'gpt-5.2-pro',
  'gpt-5.2-pro-2025-12-11',
  'gpt-5.3-codex',
  'gpt-5.4-pro',
  'gpt-5.4-pro-2026-03-05',
  'gpt-5.5-pro',
  'gpt-5.5-pro-2026-04-23',
  'gpt-daybreak-blue-latest',
  'gpt-daybreak-red-latest',
  'o1-pro',
  'o1-pro-2025-03-19',
  'o3-deep-research',
  'o3-deep-research-2025-06-26',
  'o3-pro',
  'o3-pro-2025-06-10',
  'o4-mini-deep-research',
  'o4-mini-deep-research-2025-06-26',
] as const

const openaiChat = [
  'chat-latest',
  'chatgpt-4o-latest',
  'daybreak-blue-latest',
  'daybreak-red-latest',
  'gpt-3.5-turbo',
  'gpt-3.5-turbo-0125',
  'gpt-3.5-turbo-0301',
  'gpt-3.5-turbo-0613',
  'gpt-3.5-turbo-1106',
  'gpt-3.5-turbo-16k',
  'gpt-3.5-turbo-16k-0613',
  'gpt-4',
  'gpt-4-0125-preview',
  'gpt-4-0314',
  'gpt-4-0613',
  'gpt-4-1106-preview',
  'gpt-4-32k',
  'gpt-4-32k-0314',
  'gpt-4-32k-0613',
  'gpt-4-turbo',
  'gpt-4-turbo-2024-04-09',
  'gpt-4-turbo-preview',
  'gpt-4-vision-preview',
  'gpt-4.1',
  'gpt-4.1-2025-04-14',
  'gpt-4.1-mini',
  'gpt-4.1-mini-2025-04-14',
  'gpt-4.1-nano',
  'gpt-4.1-nano-2025-04-14',
  'gpt-4.5-preview',
  'gpt-4o',
  'gpt-4o-2024-05-13',
  'gpt-4o-2024-08-06',
  'gpt-4o-2024-11-20',
  'gpt-4o-audio-preview',
  'gpt-4o-audio-preview-2024-10-01',
  'gpt-4o-audio-preview-2024-12-17',
  'gpt-4o-audio-preview-2025-06-03',
  'gpt-4o-mini',
  'gpt-4o-mini-2024-07-18',
  'gpt-4o-mini-audio-preview',
  'gpt-4o-mini-audio-preview-2024-12-17',
  'gpt-4o-mini-search-preview',
  'gpt-4o-mini-search-preview-2025-03-11',
  'gpt-4o-search-preview',
  'gpt-4o-search-preview-2025-03-11',
  'gpt-5',
  'gpt-5-2025-08-07',
  'gpt-5-chat',
  'gpt-5-chat-latest',
  'gpt-5-mini',
  'gpt-5-mini-2025-08-07',
  'gpt-5-nano',
  'gpt-5-nano-2025-08-07',
  'gpt-5-search-api',
  'gpt-5-search-api-2025-10-14',
  'gpt-5.1',
  'gpt-5.1-2025-11-13',
  'gpt-5.1-chat-latest',
  'gpt-5.1-mini',
  'gpt-5.2',
  'gpt-5.2-2025-12-11',
  'gpt-5.2-chat-latest',
  'gpt-5.3-chat-latest',
  'gpt-5.4',
  'gpt-5.4-2026-03-05',
  'gpt-5.4-mini',
  'gpt-5.4-mini-2026-03-17',
  'gpt-5.4-nano',
  'gpt-5.4-nano-2026-03-17',
  'gpt-5.5',
  'gpt-5.5-2026-04-23',
  'gpt-5.5-cyber',
  'gpt-5.5-cyber-preview',
  'gpt-5.6',
  'gpt-5.6-cyber',
  'gpt-5.6-luna',
  'gpt-5.6-sol',
  'gpt-5.6-terra',
  'gpt-6-astra',
  'gpt-6-astra-law',
  'gpt-6-cyber',
  'gpt-6-luna',
  'gpt-6-rosalind',
  'gpt-6-sol',
  'gpt-6.1-sol',
  'gpt-6.1-terra',
  'gpt-6.2-astra',
  'gpt-6.2-astra-law',
  'gpt-6.2-sol',
  'gpt-6.2-sol-healthcare',
  'gpt-audio',
  'gpt-audio-1.5',
  'gpt-audio-2025-08-28',
  'gpt-audio-mini',
  'gpt-audio-mini-2025-10-06',
  'gpt-audio-mini-2025-12-15',
  'gpt-rosalind-discovery',
  'gpt-rosalind-research',
  'o1',
  'o1-2024-12-17',
  'o1-mini',
  'o1-mini-2024-09-12',
  'o1-preview',
  'o1-preview-2024-09-12',
  'o3',
  'o3-2025-04-16',
  'o3-mini',
  'o3-mini-2025-01-31',
  'o4-mini',
  'o4-mini-2025-04-16',
] as const

const openaiEmbedding = ['text-embedding-3-large', 'text-embedding-3-small', 'text-embedding-ada-002'] as const

const anthropicChat = [
  'claude-3-5-haiku-20241022',
  'claude-3-5-haiku-latest',
  'claude-3-5-sonnet-20240620',
  'claude-3-5-sonnet-20241022',
  'claude-3-5-sonnet-latest',
  'claude-3-7-sonnet-20250219',
  'claude-3-7-sonnet-latest',
  'claude-3-haiku-20240307',
  'claude-3-opus-20240229',
  'claude-3-opus-latest',
  'claude-3-sonnet-20240229',
  'claude-fable-5',
  'claude-fable-5-1',
  'claude-fable-5-2',
  'claude-haiku-4-5',
  'claude-haiku-4-5-20251001',
  'claude-haiku-5-5',
  'claude-mythos-5',
  'claude-mythos-5-1',
  'claude-mythos-5-2',
  'claude-mythos-preview',
  'claude-opus-4-0',
  'claude-opus-4-1',
  'claude-opus-4-1-20250805',
  'claude-opus-4-20250514',
  'claude-opus-4-5',
  'claude-opus-4-5-20251101',
  'claude-opus-4-6',
  'claude-opus-4-6-20260205',
  'claude-opus-4-7',
  'claude-opus-4-7-20260416',
  'claude-opus-4-8',
  'claude-opus-5',
  'claude-opus-5-5',
  'claude-sonnet-4-0',
  'claude-sonnet-4-20250514',
  'claude-sonnet-4-5',
  'claude-sonnet-4-5-20250929',
  'claude-sonnet-4-6',
  'claude-sonnet-5',
  'claude-sonnet-5-5',
] as const

/** A model name that an editor can complete. Any other string is as good. */
export type KnownModel = (typeof openaiChat)[number] | (typeof openaiEmbedding)[number] | (typeof anthropicChat)[number]

let table: ReadonlyMap<string, string> | undefined

/** Bare name -> provider. */
export function knownModels(): ReadonlyMap<string, string> {
  table ??= new Map<string, string>([
    ...[...openaiChat, ...responsesOnly, ...openaiEmbedding].map((name) => [name, 'openai'] as const),
    ...anthropicChat.map((name) => [name, 'anthropic'] as const),
  ])
  return table
}

/** The provider of a bare name. Fine-tuned models (`ft:gpt-4o-2024-08-06:acme::id`) belong to that of their base. */
export function providerOfBareModel(name: string): string | undefined {
  const known = knownModels()
  return known.get(name) ?? known.get(/^ft:([^:]+):/.exec(name)?.[1] ?? '')
}

/** Known names, and prefixes of providers, that are close to a name; the closest first. */
export function nearMatches(written: string, limit = 3, prefixes: readonly string[] = []): string[] {
  const [head = '', ...rest] = written.split('/')
  const tail = rest.join('/')
  if (tail !== '') {
    const others = otherNames.get(head.toLowerCase()) ?? []
    const near = [...new Set([...others, ...closestNames(head, prefixes, limit)])]
    return near.slice(0, limit).map((prefix) => `${prefix}/${tail}`)
  }
  const near = closestNames(written, knownModels().keys(), limit)
  const hosts = families.find(([start]) => written.toLowerCase().startsWith(start))?.[1] ?? []
  return [...near, ...hosts.map((host) => `${host}/${written}`)].slice(0, limit)
}

/** Other names of providers, too different from their prefixes to be a typing mistake. */
export const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['google', ['gemini', 'vertex_ai']],
  ['vertex', ['vertex_ai']],
  ['aws', ['bedrock']],
  ['amazon', ['bedrock']],
  ['bedrock_converse', ['bedrock']],
  ['azure_text', ['azure']],
  ['anthropic_text', ['anthropic']],
  ['gemini_beta', ['gemini']],
  ['azureopenai', ['azure']],
  ['azure_openai', ['azure']],
  ['azure-openai', ['azure']],
  ['microsoft', ['azure']],
  ['claude', ['anthropic']],
  ['gpt', ['openai']],
  ['grok', ['xai']],
  ['together', ['together_ai']],
  ['jina', ['jina_ai']],
  ['hf', ['huggingface']],
  ['ibm', ['watsonx']],
  ['kimi', ['moonshot']],
  ['lambda', ['lambda_ai']],
  ['nvidia', ['nvidia_nim']],
  ['nim', ['nvidia_nim']],
  ['qwen', ['dashscope']],
  ['alibaba', ['dashscope']],
  ['zhipu', ['zai']],
  ['workers-ai', ['cloudflare']],
])

/** Providers by the beginning of a model's name, for suggestions: several hosts may serve such a model. */
const families: readonly (readonly [start: string, hosts: readonly string[]])[] = [
  ['gpt-', ['openai']],
  ['claude-', ['anthropic']],
  ['gemini-', ['gemini', 'vertex_ai']],
  ['llama', ['ollama', 'groq', 'together_ai']],
  ...['anthropic.', 'amazon.', 'meta.', 'us.', 'eu.', 'apac.', 'global.', 'arn:aws:bedrock:'].map(
    (start) => [start, ['bedrock']] as const,
  ),
  ['command-', ['cohere']],
  ['mistral-', ['mistral']],
  ['magistral-', ['mistral']],
  ['ministral-', ['mistral']],
  ['codestral-', ['mistral', 'codestral']],
  ['deepseek-', ['deepseek']],
  ['grok-', ['xai']],
  ['sonar', ['perplexity']],
  ['kimi-', ['moonshot']],
  ['glm-', ['zai']],
  ['voyage-', ['voyage']],
  ['jina-', ['jina_ai']],
]
