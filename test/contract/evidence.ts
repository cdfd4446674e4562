import { hosts } from '../corpus/folders/hosts.js'
import { textPrefix } from '../corpus/request/text-completion.js'
import { replayed } from '../corpus/wire/recording.js'
import { pages } from './pages.js'

/**
 * The evidence for each provider: recorded traffic that is replayed (test/corpus), a page of its documentation, or
 * neither, with the reason.
 */
export type Evidence = Recorded | Documented | Unverified

export interface Recorded {
  /** Folders of the corpus. */
  readonly recorded: readonly string[]
}

/** Written from documentation. */
export interface Documented {
  /** A page of the provider: its documentation or its own repository. */
  readonly page: string
  /** The facts found on the page. */
  readonly says: string
  /** The base given on the page; absent if the page has none, or if every user has a different one. */
  readonly base?: string
  /** A source that quotes the page, if the page itself could not be read. */
  readonly through?: string
}

export interface Unverified {
  readonly page?: undefined
  readonly why: string
}

/** Folders with a prefix that is not in `hosts`. */
const natives: Readonly<Record<string, readonly string[]>> = {
  anthropic: ['anthropic'],
  // the catalogue uses its own addresses
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

/** Second names of a prefix, which share its evidence. */
export const twins: Readonly<Record<string, string>> = {
  ai21_chat: 'ai21',
  custom_openai: 'openai_like',
  ollama_chat: 'ollama',
  veniceai: 'venice',
  vllm: 'hosted_vllm',
}

const isText = (operation: string): boolean => operation.startsWith('completion')

/** The prefixes that replay a folder of the corpus. */
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

/** By prefix. Recorded providers need no page. */
export const evidence: Readonly<Record<string, Evidence>> = Object.freeze({
  ...pages,
  ...Object.fromEntries(
    [...recordings()].map(([prefix, recorded]) => [prefix, Object.freeze({ recorded: Object.freeze(recorded) })]),
  ),
})
