import { hosts } from '../corpus/folders/hosts.js'
import { textPrefix } from '../corpus/request/text-completion.js'
import { replayed } from '../corpus/wire/recording.js'
import { pages } from './pages.js'

/**
 * How each provider is known: by traffic that was recorded and is replayed (test/corpus), by a page of its own that was read, or by
 * hearsay only, which then says so.
 */
export type Evidence = Recorded | Documented | Unverified

export interface Recorded {
  /** Folders of the corpus. */
  readonly recorded: readonly string[]
}

/** Written from documentation. */
export interface Documented {
  /** Of the provider itself: its documentation, or a repository of its own. */
  readonly page: string
  /** What is read there. */
  readonly says: string
  /** The base that stands there; absent where the page has none, or where every user has one of their own. */
  readonly base?: string
  /** Where the page itself was out of reach: who has its text, or cites it. */
  readonly through?: string
}

export interface Unverified {
  readonly page?: undefined
  readonly why: string
}

/** Folders whose prefix is not of `hosts`. */
const natives: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['anthropic'],
  // the catalogue has addresses of its own
  azure: ['azure', 'azure_ai'],
  bedrock: ['bedrock'],
  'chatgpt-backend': ['openai'],
  cohere: ['cohere'],
  'google-ai-studio': ['gemini'],
  ollama: ['ollama'],
  openai: ['openai'],
  vertex: ['vertex_ai'],
  // replayed by clouds.test.ts
  watsonx: ['watsonx'],
}

/** Prefixes that are another's, under a second name: what is known of one is known of both. */
export const twins: Readonly<Record<string, string>> = {
  ai21_chat: 'ai21',
  custom_openai: 'openai_like',
  ollama_chat: 'ollama',
  veniceai: 'venice',
  vllm: 'hosted_vllm',
}

const isText = (operation: string): boolean => operation.startsWith('completion')

/** The prefixes that a folder of the corpus is replayed through. */
function prefixesOf(folder: string): readonly string[] {
  const operations = replayed[folder] ?? []
  const own = natives[folder] ?? [hosts[folder]?.prefix ?? folder]
  return operations.some(isText) ? [...own, textPrefix] : own
}

/** Folders of the corpus by the prefix that replays them. */
function recordings(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const folder of [...Object.keys(replayed), 'watsonx'].sort()) {
    for (const prefix of prefixesOf(folder)) found.set(prefix, [...(found.get(prefix) ?? []), folder])
  }
  for (const [prefix, twin] of Object.entries(twins)) {
    const folders = found.get(twin)
    if (folders) found.set(prefix, folders)
  }
  return found
}

/** By prefix. What is recorded needs no page. */
export const evidence: Readonly<Record<string, Evidence>> = Object.freeze({
  ...pages,
  ...Object.fromEntries(
    [...recordings()].map(([prefix, recorded]) => [prefix, Object.freeze({ recorded: Object.freeze(recorded) })]),
  ),
})
