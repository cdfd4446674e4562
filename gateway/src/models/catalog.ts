import { createHash } from 'node:crypto'
import { type DeploymentConfig, knownModels, type ModelInfo, modelInfo } from 'llmux'
import type { Environment } from '../config/config.js'
import { type ModelEntry, teamGroup } from '../config/deployment.js'
import type { Alias } from '../config/router.js'
import type { Catalog, ModelPrice } from '../types.js'

/** A model of `/v1/models`. */
export interface Listing {
  readonly id: string
  readonly object: 'model'
  readonly created: number
  readonly owned_by: string
  readonly [field: string]: unknown
}

/** As LiteLLM sends it: a fixed time, which clients sort and cache by. */
const created = 1_677_610_602

/** The deployments, groups and aliases of the moment. Replaced as a whole by a reload. */
export class ModelCatalog implements Catalog {
  #entries: readonly ModelEntry[] = []
  #groups = new Map<string, ModelEntry[]>()
  #wildcards: readonly string[] = []
  #aliases = new Map<string, Alias>()
  #byId = new Map<string, ModelEntry>()
  /** Teams with models of their own. */
  #teams: ReadonlySet<string> = new Set()
  readonly #facts = new Map<string, ModelInfo | undefined>()

  replace(entries: readonly ModelEntry[], aliases: readonly Alias[]): void {
    this.#entries = entries
    this.#groups = new Map()
    for (const entry of entries) {
      const group = this.#groups.get(entry.modelName)
      if (group) group.push(entry)
      else this.#groups.set(entry.modelName, [entry])
    }
    this.#wildcards = [...this.#groups.keys()].filter((name) => name.includes('*'))
    this.#aliases = new Map(aliases.map((alias) => [alias.name, alias]))
    this.#teams = new Set(entries.flatMap(({ team }) => team?.id ?? []))
    this.#byId = new Map(entries.map((entry) => [idOf(entry), entry]))
  }

  get entries(): readonly ModelEntry[] {
    return this.#entries
  }

  entry(id: string): ModelEntry | undefined {
    return this.#byId.get(id)
  }

  models(): readonly string[] {
    const aliases = [...this.#aliases.values()].filter(({ hidden }) => !hidden).map(({ name }) => name)
    return [...new Set([...aliases, ...this.#groups.keys()])]
  }

  /** The names that `models()` has, and the known models that wildcards stand for. */
  listed(environment: Environment): readonly string[] {
    const known = this.#wildcards.flatMap((pattern) =>
      (this.#groups.get(pattern) ?? []).flatMap((entry) => knownFor(pattern, entry, environment)),
    )
    return [...new Set([...this.models(), ...known])]
  }

  has(model: string): boolean {
    return (
      this.#groups.has(model) ||
      this.#aliases.has(model) ||
      this.#byId.has(model) ||
      this.#wildcard(model) !== undefined
    )
  }

  resolve(model: string): string {
    if (this.#groups.has(model)) return model
    return this.#aliases.get(model)?.group ?? this.#byId.get(model)?.modelName ?? model
  }

  teamOf(model: string): string | undefined {
    return this.#teams.size === 0 ? undefined : this.deployments(model)[0]?.team?.id
  }

  teamModel(teamId: string, model: string): string | undefined {
    if (!this.#teams.has(teamId)) return undefined
    const group = teamGroup(teamId, model)
    return this.teamOf(group) === teamId ? group : undefined
  }

  callName(model: string): string {
    const group = this.resolve(model)
    const team = this.teamOf(group)
    return team === undefined ? group : group.slice(teamGroup(team, '').length)
  }

  accessGroups(model: string): readonly string[] {
    return [...new Set(this.deployments(model).flatMap(({ accessGroups }) => accessGroups))]
  }

  prices(model: string): ModelPrice | undefined {
    const deployments = this.deployments(model)
    let highest: ModelPrice | undefined
    for (const entry of deployments) {
      const price = this.#priceOf(entry, model)
      if (!price) return undefined
      highest = {
        input: Math.max(price.input, highest?.input ?? 0),
        output: Math.max(price.output, highest?.output ?? 0),
        maxOutput:
          price.maxOutput === undefined || (highest && highest.maxOutput === undefined)
            ? undefined
            : Math.max(price.maxOutput, highest?.maxOutput ?? 0),
      }
    }
    return highest
  }

  /** Deployments that can take calls of a group, an alias, an id or a name that a wildcard matches. */
  deployments(model: string): readonly ModelEntry[] {
    const group = this.resolve(model)
    return this.#groups.get(group) ?? this.#groups.get(this.#wildcard(group) ?? '') ?? []
  }

  /** Known facts of a deployment's model. */
  facts({ config: { params } }: ModelEntry, model = ''): ModelInfo | undefined {
    const name = params.baseModel ?? params.model
    const full = name.includes('*')
      ? name.replace('*', model.includes('/') ? model.slice(model.indexOf('/') + 1) : model)
      : name
    if (!this.#facts.has(full)) {
      if (this.#facts.size > 5_000) this.#facts.clear()
      this.#facts.set(full, modelInfo(full))
    }
    return this.#facts.get(full)
  }

  isModeration({ modelName, config }: ModelEntry): boolean {
    const { mode } = this.listing(modelName)
    return mode === 'moderation' || (mode === undefined && /moderation/.test(config.params.model))
  }

  /** An entry of `/v1/models`. */
  listing(id: string): Listing {
    const [entry] = this.deployments(id)
    const facts = entry && this.facts(entry, id)
    const own = entry?.config.params.prices
    const mode = modeOf(own?.mode ?? facts?.mode)
    const input = own?.maxInputTokens ?? facts?.maxInputTokens ?? facts?.contextWindow
    const output = own?.maxOutputTokens ?? facts?.maxOutputTokens
    return {
      id,
      object: 'model',
      created,
      owned_by: 'openai',
      ...(mode !== undefined && { mode }),
      ...(input !== undefined && { max_input_tokens: input }),
      ...(output !== undefined && { max_output_tokens: output }),
    }
  }

  #wildcard(model: string): string | undefined {
    let best: string | undefined
    for (const pattern of this.#wildcards)
      if (fits(pattern, model) && (best === undefined || pattern.length > best.length)) best = pattern
    return best
  }

  #priceOf(entry: ModelEntry, model: string): ModelPrice | undefined {
    const own = entry.config.params.prices
    const facts = this.facts(entry, model)
    const prices = facts?.prices
    const input = own?.input ?? prices?.input
    const mode = own?.mode ?? facts?.mode
    // embeddings and moderation have no output
    const output = own?.output ?? prices?.output ?? (mode === 'embedding' || mode === 'moderation' ? 0 : undefined)
    // OpenAI's moderation is free, and no table has it
    if (input === undefined && /^openai\/(omni|text)-moderation/.test(entry.config.params.model))
      return { input: 0, output: 0, maxOutput: undefined }
    if (input === undefined || output === undefined) return undefined
    return { input: input / 1e6, output: output / 1e6, maxOutput: own?.maxOutputTokens ?? facts?.maxOutputTokens }
  }
}

/** Variables that stand for the key of a cloud. */
const cloudVariables: Readonly<Record<string, readonly string[]>> = {
  bedrock: ['AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID', 'AWS_PROFILE', 'AWS_ROLE_ARN'],
  vertex_ai: ['VERTEXAI_PROJECT', 'VERTEX_PROJECT', 'GOOGLE_APPLICATION_CREDENTIALS', 'VERTEXAI_CREDENTIALS'],
  gemini: ['GOOGLE_API_KEY'],
  cohere: ['CO_API_KEY'],
}

/** Known models of a wildcard, of providers that have a key. */
function knownFor(pattern: string, { config: { params } }: ModelEntry, environment: Environment): string[] {
  const [provider = '', rest] = params.model.split('/', 2)
  const hasKey = (id: string) =>
    params.apiKey !== undefined ||
    [`${id.toUpperCase().replaceAll('-', '_')}_API_KEY`, ...(cloudVariables[id] ?? [])].some(
      (name) => environment[name],
    )
  if (params.model === '*') {
    // the key of one deployment is not that of every provider
    if (params.apiKey !== undefined || params.apiBase !== undefined) return []
    return knownModels().filter((id) => fits(pattern, id) && hasKey(id.slice(0, id.indexOf('/'))))
  }
  if (rest !== '*' || !hasKey(provider)) return []
  return knownModels(provider).map((id) => pattern.replace('*', () => id.slice(provider.length + 1)))
}

const modes: Readonly<Record<string, string>> = {
  image: 'image_generation',
  transcription: 'audio_transcription',
  speech: 'audio_speech',
}

/** LiteLLM's name of a mode. */
export const modeOf = (mode: string | undefined) => (mode === undefined ? undefined : (modes[mode] ?? mode))

export const idOf = ({ config: { id } }: ModelEntry) => id ?? ''

export const fits = (pattern: string, name: string) => {
  const [head = '', tail = ''] = pattern.split('*', 2)
  return name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail)
}

/** Parameters whose value could be a secret, or lead to one. */
const secret = /key|token$|secret|password|credential|header|auth|cookie/i
const harmless = /^(input|output|cache)_.*|max_tokens|max_completion_tokens/

/** Parameters as routes show them: without credentials. */
export function shownParams(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shown: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(params)) {
    if (secret.test(name) && !harmless.test(name)) continue
    shown[name] = name.endsWith('base') || name.endsWith('url') ? withoutLogin(value) : withoutSecrets(value)
  }
  return shown
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  return typeof value === 'object' && value !== null ? shownParams(value as Record<string, unknown>) : value
}

function withoutLogin(value: unknown): unknown {
  if (typeof value !== 'string' || !URL.canParse(value)) return value
  const url = new URL(value)
  return url.username || url.password || url.search ? `${url.protocol}//${url.host}${url.pathname}` : value
}

/**
 * Gives every deployment an id that is the same in every process and after every start: those of the file keep theirs. Credentials
 * are not part of it, so that it survives their rotation.
 */
export function withIds(entries: readonly ModelEntry[]): ModelEntry[] {
  const taken = new Set(entries.flatMap(({ config: { id } }) => (id === undefined ? [] : [id])))
  return entries.map((entry) => {
    if (entry.config.id !== undefined) return entry
    const text = JSON.stringify([entry.modelName, shownParams(entry.litellmParams), entry.config.params.organization])
    let id = createHash('sha256').update(text).digest('hex')
    for (let count = 2; taken.has(id); count++) id = createHash('sha256').update(`${text}${count}`).digest('hex')
    taken.add(id)
    const config: DeploymentConfig = { ...entry.config, id }
    return { ...entry, config }
  })
}
