import type { Dialect, OptionHeader, Provider } from './contract.js'
import { chatPaths, defaultQuirks, type OpenAIQuirks, openai } from './dialects/openai/index.js'
import { moderationOperation } from './dialects/openai/moderation.js'
import { defaultShape, rerankDialect } from './dialects/rerank/index.js'
import { responsesOperation } from './dialects/responses/own.js'
import { isExplicit } from './responses-only.js'
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
  /** What a base looks like where there is none, for the error that says so. @default 'http://localhost:8000/v1' */
  readonly baseExample?: string
  /** Environment variables that hold the key, first match wins. @default none */
  readonly env?: readonly string[]
  /** Environment variables that replace the base, first match wins. @default none */
  readonly baseEnv?: readonly string[]
  /** Paths under the base, where they are not OpenAI's. @default `/chat/completions`, `/embeddings` and `/rerank` */
  readonly paths?: Partial<Readonly<Record<'chat' | 'embedding' | 'rerank', string>>>
  /** Whether it has rerank, of the wire that Cohere began, at `/rerank`. @default false */
  readonly rerank?: boolean
  /** False where servers may run without a key. @default true with `env`, else false */
  readonly keyRequired?: boolean
  /** Where keys are made, for the error that says that there is none. */
  readonly keyUrl?: string
  /** Sent with every request. Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  /** Headers made from options or environment. */
  readonly optionHeaders?: readonly OptionHeader[]
  /** Whether it has OpenAI's Responses API, at `/responses`. @default false */
  readonly responses?: boolean
  /** Whether it judges texts, as OpenAI does, at `/moderations`. @default false */
  readonly moderation?: boolean
  /** What the host does differently. @default nothing is known */
  readonly quirks?: Partial<OpenAIQuirks>
}

/** The prefix of a host that is built in. */
export type CompatibleId = (typeof table)[number]['id']

/** Every host that is built in. */
export const rows: readonly CompatibleRow[] = deepFreeze(table)

const rerank = rerankDialect(defaultShape)

/** OpenAI's dialect, with what else the host has. */
const dialectOf = (row: CompatibleRow): Dialect<OpenAIQuirks> =>
  row.rerank || row.responses || row.moderation
    ? {
        ...openai,
        ...(row.rerank && { rerank }),
        ...(row.responses && { responses: responsesOperation }),
        ...(row.moderation && { moderation: moderationOperation }),
      }
    : openai

/** Builds the provider of a row. */
export function compatible(row: CompatibleRow): Provider<OpenAIQuirks> {
  // a copy: the provider is frozen, and the row stays its owner's
  const copy = structuredClone(row)
  const { id, name = id, base, env = [], baseEnv = [], headers, optionHeaders, keyUrl, quirks } = copy
  const paths = { ...chatPaths, ...copy.paths }
  const provider: Provider<OpenAIQuirks> = {
    id,
    name,
    dialect: dialectOf(row),
    ...(row.responses && {
      route: (model: string) => (isExplicit(model) ? (bridge ?? loadBridge()) : (provider as Provider)),
    }),
    address: {
      base: base?.replace(/\/+$/, ''),
      example: copy.baseExample ?? 'http://localhost:8000/v1',
      env: baseEnv,
      path: (operation) => paths[operation],
    },
    auth: {
      schemes: [{ option: 'apiKey', env, header: 'authorization', prefix: 'Bearer ' }],
      required: row.keyRequired ?? env.length > 0,
      ...(keyUrl !== undefined && { url: keyUrl }),
    },
    ...(headers && { headers }),
    ...(optionHeaders && { optionHeaders }),
    quirks: { ...defaultQuirks, ...quirks },
  }
  let bridge: Provider | undefined
  /** Chat over the Responses API, where the model string asks for it. */
  const loadBridge = async (): Promise<Provider> => {
    const [{ overResponses }, { plainResponses }] = await Promise.all([
      import('./responses.js'),
      import('./dialects/responses/index.js'),
    ])
    bridge = overResponses(provider as Provider, { ...plainResponses, ...quirks, thinking: 'effort' }) as Provider
    return bridge
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
