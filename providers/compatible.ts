import type { OptionHeader, Provider } from './contract.js'
import { chatPaths, defaultQuirks, type OpenAIQuirks, openai } from './dialects/openai/index.js'
import { table } from './rows/index.js'

/**
 * A host that speaks OpenAI's wire, as data: what is left out is as OpenAI has it. A row is also what `registerProvider()` takes.
 *
 * @example
 * client.registerProvider({ id: 'acme', name: 'Acme', base: 'https://llm.acme.example/v1', env: ['ACME_API_KEY'] })
 */
export interface CompatibleRow {
  /** The prefix of its model strings. */
  readonly id: string
  /** Its name in messages. @default the id */
  readonly name?: string
  /** Base URL, without a trailing slash; `/chat/completions` and `/embeddings` are put behind it. Undefined where every user has a server of their own. */
  readonly base?: string
  /** Environment variables that hold the key, first match wins. @default none */
  readonly env?: readonly string[]
  /** Environment variables that replace the base, first match wins. @default none */
  readonly baseEnv?: readonly string[]
  /** Paths under the base, where they are not OpenAI's. @default `/chat/completions` and `/embeddings` */
  readonly paths?: Partial<Readonly<Record<'chat' | 'embedding', string>>>
  /** False where servers may run without a key. @default true with `env`, else false */
  readonly keyRequired?: boolean
  /** Where keys are made, for the error that says that there is none. */
  readonly keyUrl?: string
  /** Sent with every request. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers made from options or environment. */
  readonly optionHeaders?: readonly OptionHeader[]
  /** What the host does differently. @default nothing is known */
  readonly quirks?: Partial<OpenAIQuirks>
}

/** The prefix of a host that is built in. */
export type CompatibleId = (typeof table)[number]['id']

/** Every host that is built in. */
export const rows: readonly CompatibleRow[] = deepFreeze(table)

/** Builds the provider of a row. */
export function compatible(row: CompatibleRow): Provider<OpenAIQuirks> {
  // a copy: the provider is frozen, and the row stays its owner's
  const copy = structuredClone(row)
  const { id, name = id, base, env = [], baseEnv = [], headers, optionHeaders, keyUrl, quirks } = copy
  const paths = { ...chatPaths, ...copy.paths }
  const provider: Provider<OpenAIQuirks> = {
    id,
    name,
    dialect: openai,
    address: { base: base?.replace(/\/+$/, ''), env: baseEnv, path: (operation) => paths[operation] },
    auth: {
      schemes: [{ option: 'apiKey', env, header: 'authorization', prefix: 'Bearer ' }],
      required: row.keyRequired ?? env.length > 0,
      ...(keyUrl !== undefined && { url: keyUrl }),
    },
    ...(headers && { headers }),
    ...(optionHeaders && { optionHeaders }),
    quirks: { ...defaultQuirks, ...quirks },
  }
  return deepFreeze(provider)
}

function deepFreeze<Value>(value: Value): Value {
  if (value && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
