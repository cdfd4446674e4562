import type { ClientContext } from '../../call/context.js'
import { BadRequestError } from '../../errors.js'
import { idOf } from '../options.js'
import type { DeploymentConfig } from '../types.js'
import { Deployment } from './deployment.js'

/** The deployments that a name stands for, and the model that each is asked for. */
export interface ModelGroup {
  readonly name: string
  readonly deployments: readonly Deployment[]
  /** The deployment that was asked for by its id. */
  readonly id: string | undefined
  /** By `order`, the lowest first. */
  readonly levels: readonly (readonly Deployment[])[]
  /** Whether any of them is for certain tags. */
  readonly tagged: boolean
  /** The group that gets copies of its calls. */
  readonly mirrorTo: string | undefined
  /** What the `*` of a wildcard stood for. */
  readonly matched: string | undefined
}

/** The deployments of a Router, by the names that callers use. */
export class ModelGroups {
  readonly #context: ClientContext
  readonly #aliases: Readonly<Record<string, string>>
  readonly #byId = new Map<string, Deployment>()
  readonly #byName = new Map<string, Deployment[]>()
  /** Longest pattern first. */
  #wildcards: { parts: readonly string[]; deployments: Deployment[]; name: string }[] = []
  readonly #found = new Map<string, ModelGroup>()

  constructor(context: ClientContext, aliases: Readonly<Record<string, string>>, list: readonly DeploymentConfig[]) {
    this.#context = context
    this.#aliases = aliases
    for (const config of list) this.#put(config)
    this.#index()
    for (const [alias, name] of Object.entries(aliases)) {
      if (!this.#resolve(name)) {
        throw new BadRequestError(
          `The Router's options are wrong. 'modelGroupAlias.${alias}' names the group '${name}', which there is not.`,
          { param: 'modelGroupAlias' },
        )
      }
    }
  }

  get all(): Iterable<Deployment> {
    return this.#byId.values()
  }

  /** @throws {BadRequestError} where an id is given that there is already */
  add(config: DeploymentConfig): Deployment {
    const deployment = this.#put(config)
    this.#index()
    return deployment
  }

  #put(config: DeploymentConfig): Deployment {
    let id = idOf(config)
    if (this.#byId.has(id)) {
      if (config.id !== undefined) throw new BadRequestError(`There is a deployment '${id}' already.`, { param: 'id' })
      // the same twice: a way to give something twice the share
      for (let copy = 2; this.#byId.has(id); copy++) id = `${idOf(config)}-${copy}`
    }
    const deployment = new Deployment(config, id, this.#context)
    this.#byId.set(id, deployment)
    return deployment
  }

  /** Keeps its place and id. */
  replace(id: string, config: DeploymentConfig): void {
    this.#byId.get(id)?.configure(config, this.#context)
    this.#index()
  }

  remove(id: string): Deployment | undefined {
    const deployment = this.#byId.get(id)
    if (!deployment) return undefined
    this.#byId.delete(id)
    deployment.retire(this.#context)
    this.#index()
    return deployment
  }

  get(id: string): Deployment | undefined {
    return this.#byId.get(id)
  }

  has(name: string): boolean {
    return this.#resolve(name) !== undefined
  }

  /** Whether a name will stand for something when a deployment is there as `config` says: in place of the one with this id. */
  willHave(name: string, { modelName }: DeploymentConfig, id: string | undefined): boolean {
    const meant = this.#meant(name)
    if (meant === modelName || meant === id) return true
    return this.#resolve(name)?.deployments.some((one) => one.id !== id) ?? false
  }

  /** Whether any call's name can lead to an entry of a list of fallbacks: by the whole of it, or without its provider. */
  leadsTo(entry: string): boolean {
    if (entry === '*' || this.#wildcards.length > 0 || this.has(entry)) return true
    const names = [...this.#byName.keys(), ...Object.keys(this.#aliases), ...[...this.all].map(({ model }) => model)]
    return names.some((name) => name.slice(name.indexOf('/') + 1) === entry)
  }

  /** What a name stands for now. */
  find(name: string): ModelGroup | undefined {
    return this.#resolve(name)
  }

  names(): string[] {
    return [...this.#byName.keys()]
  }

  /**
   * What a name stands for: a deployment's id, an alias, a group, the closest wildcard, a deployment's model, `*`.
   * @throws {BadRequestError} with the names that there are
   */
  resolve(name: unknown): ModelGroup {
    if (typeof name !== 'string' || name === '') {
      throw new BadRequestError("'model' is the name of a model group, or a deployment's id.", { param: 'model' })
    }
    const group = this.#resolve(name)
    if (group) return group
    const names = this.names()
    const some = names.slice(0, 12).map((one) => `'${one}'`)
    throw new BadRequestError(
      `The Router has no model group '${name}'. There ${names.length === 1 ? 'is' : 'are'} ${some.join(', ') || 'none'}` +
        `${names.length > 12 ? ` and ${names.length - 12} more` : ''}.`,
      { param: 'model', model: name },
    )
  }

  #resolve(name: string): ModelGroup | undefined {
    const known = this.#found.get(name)
    if (known) return known
    const found = this.#search(name)
    if (!found) return undefined
    // names that wildcards match may be anything
    if (this.#found.size >= 1_000) this.#found.clear()
    this.#found.set(name, found)
    return found
  }

  #search(name: string): ModelGroup | undefined {
    const meant = this.#meant(name)
    const single = this.#byId.get(name) ?? (this.#byName.has(meant) ? undefined : this.#byId.get(meant))
    if (single) return { ...groupOf(single.modelName, [single]), id: single.id }
    const exact = this.#byName.get(meant)
    if (exact) return groupOf(meant, exact)
    for (const { parts, deployments, name: wildcard } of this.#wildcards) {
      const matched = wildcard === '*' ? undefined : matchedBy(parts, meant)
      if (matched !== undefined) return groupOf(wildcard, deployments, matched)
    }
    const byModel = [...this.#byId.values()].filter(({ model }) => model === meant)
    if (byModel.length > 0) return groupOf(meant, byModel)
    const any = this.#byName.get('*')
    return any && groupOf('*', any, meant)
  }

  /** What an alias stands for. That may be an alias again, where no group has its name. */
  #meant(name: string): string {
    const seen = new Set<string>()
    let meant = name
    while (Object.hasOwn(this.#aliases, meant) && !seen.has(meant)) {
      seen.add(meant)
      meant = this.#aliases[meant] ?? meant
      if (this.#byName.has(meant) || this.#byId.has(meant)) break
    }
    return meant
  }

  #index(): void {
    this.#found.clear()
    this.#byName.clear()
    for (const deployment of this.#byId.values()) {
      const { modelName } = deployment
      const group = this.#byName.get(modelName)
      if (group) group.push(deployment)
      else this.#byName.set(modelName, [deployment])
    }
    this.#wildcards = [...this.#byName]
      .filter(([name]) => name.includes('*'))
      .map(([name, deployments]) => ({ name, deployments, parts: name.split('*') }))
      .sort((a, b) => b.name.length - a.name.length)
  }
}

const groupOf = (name: string, deployments: readonly Deployment[], matched?: string): ModelGroup => ({
  name,
  deployments,
  id: undefined,
  levels: levelsOf(deployments),
  mirrorTo: deployments.find(({ mirrorTo }) => mirrorTo !== undefined)?.mirrorTo,
  tagged: deployments.some(({ tags }) => tags.length > 0),
  matched,
})

function levelsOf(deployments: readonly Deployment[]): Deployment[][] {
  const levels = new Map<number, Deployment[]>()
  for (const deployment of deployments) {
    const level = levels.get(deployment.order)
    if (level) level.push(deployment)
    else levels.set(deployment.order, [deployment])
  }
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level)
}

/**
 * What the first `*` of `anthropic/claude-*` stands for in a name: as much as it can. Undefined where the name doesn't match. Not a
 * regular expression: names may come from anybody, and several `*` would take it minutes.
 */
function matchedBy(parts: readonly string[], name: string): string | undefined {
  const [head = '', ...rest] = parts
  if (!name.startsWith(head)) return undefined
  let end = name.length
  for (const [index, part] of rest.reverse().entries()) {
    const latest = end - part.length
    const at = index > 0 && latest >= 0 ? name.lastIndexOf(part, latest) : latest
    if (at < head.length || !name.startsWith(part, at)) return undefined
    end = at
  }
  return name.slice(head.length, end)
}

/** The model that a deployment is asked for. */
export function modelFor(deployment: Deployment, matched: string | undefined): string {
  if (!deployment.wildcard || matched === undefined) return deployment.model
  return deployment.model.replace('*', () => matched)
}

/** The provider that a deployment is asked at: behind `*` each name has its own. */
export function providerOf(deployment: Deployment, { matched }: ModelGroup): string {
  if (deployment.provider) return deployment.provider
  const model = modelFor(deployment, matched)
  const slash = model.indexOf('/')
  return slash > 0 ? model.slice(0, slash) : (deployment.facts(model).info?.provider ?? '')
}
