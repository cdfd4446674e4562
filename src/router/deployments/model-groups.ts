import type { ClientContext } from '../../call/context.js'
import { BadRequestError } from '../../errors.js'
import { knownGroups, unknownGroup } from '../group-references.js'
import type { DeploymentConfig } from '../types.js'
import { Deployment } from './deployment.js'
import { deploymentId } from './deployment-id.js'

/** The deployments behind a name, and the model that each of them is asked for. */
export interface ModelGroup {
  readonly name: string
  readonly deployments: readonly Deployment[]
  /** Set if the name is the id of a single deployment. */
  readonly id: string | undefined
  /** Deployments by `order`, the lowest first. */
  readonly levels: readonly (readonly Deployment[])[]
  /** Whether any of them has tags. */
  readonly tagged: boolean
  /** The group that receives copies of its calls. */
  readonly mirrorTo: string | undefined
  /** The text that the `*` of a wildcard matched. */
  readonly matched: string | undefined
}

type Aliases = Readonly<Record<string, string>>

/** The deployments of a Router, by the names that callers use. */
export class ModelGroups {
  readonly #client: ClientContext
  #aliases: Aliases
  #byId = new Map<string, Deployment>()
  readonly #byName = new Map<string, Deployment[]>()
  /** Longest pattern first. */
  #wildcards: { parts: readonly string[]; deployments: Deployment[]; name: string }[] = []
  readonly #resolved = new Map<string, ModelGroup>()

  /** @throws {BadRequestError} if a deployment is wrong, an id is used twice, or an alias leads nowhere */
  constructor(client: ClientContext, aliases: Aliases, list: readonly DeploymentConfig[]) {
    this.#client = client
    this.#aliases = aliases
    for (const config of list) this.#put(config)
    this.#index()
    this.#checkAliases()
  }

  get all(): Iterable<Deployment> {
    return this.#byId.values()
  }

  /**
   * Takes another list of deployments. Those whose id is in both lists keep their counts, and also their cooldown if nothing
   * about them changes. The list must be valid: a throw halfway would leave a mixture.
   * @returns ids of deployments that changed during a cooldown
   */
  configure(aliases: Aliases, list: readonly DeploymentConfig[]): string[] {
    const old = this.#byId
    const recovered: string[] = []
    this.#aliases = aliases
    this.#byId = new Map()
    for (const config of list) {
      const id = this.#freeId(config)
      const known = old.get(id)
      if (!known) {
        this.#byId.set(id, new Deployment(config, id, this.#client))
        continue
      }
      old.delete(id)
      this.#byId.set(id, known)
      if (known.isConfiguredAs(config)) continue
      if (known.cooldown) recovered.push(id)
      known.configure(config, this.#client)
    }
    for (const removed of old.values()) removed.retire(this.#client)
    this.#index()
    return recovered
  }

  /** @throws {BadRequestError} if the id is in use */
  add(config: DeploymentConfig): Deployment {
    const deployment = this.#put(config)
    this.#index()
    return deployment
  }

  /** Changes a deployment, which keeps its place and id. */
  replace(id: string, config: DeploymentConfig): void {
    this.#byId.get(id)?.configure(config, this.#client)
    this.#index()
  }

  remove(id: string): Deployment | undefined {
    const deployment = this.#byId.get(id)
    if (!deployment) return undefined
    this.#byId.delete(id)
    deployment.retire(this.#client)
    this.#index()
    return deployment
  }

  get(id: string): Deployment | undefined {
    return this.#byId.get(id)
  }

  has(name: string): boolean {
    return this.find(name) !== undefined
  }

  /** Whether a name will resolve once `config` is added, or replaces the deployment with this id. */
  willHave(name: string, { modelName }: DeploymentConfig, id: string | undefined): boolean {
    const target = this.#followAliases(name)
    if (target === modelName || target === id) return true
    return this.find(name)?.deployments.some((one) => one.id !== id) ?? false
  }

  /** Whether any name of a call can lead to an entry of a fallback list, which may leave out the provider. */
  leadsTo(entry: string): boolean {
    if (entry === '*' || this.#wildcards.length > 0 || this.has(entry)) return true
    const names = [...this.#byName.keys(), ...Object.keys(this.#aliases), ...[...this.all].map(({ model }) => model)]
    return names.some((name) => name.slice(name.indexOf('/') + 1) === entry)
  }

  names(): string[] {
    return [...this.#byName.keys()]
  }

  /** Resolves a name: a deployment's id, an alias, a group, the closest wildcard, a deployment's model, `*`. */
  find(name: string): ModelGroup | undefined {
    const known = this.#resolved.get(name)
    if (known) return known
    const found = this.#search(name)
    if (!found) return undefined
    // wildcards match any number of names
    if (this.#resolved.size >= 1_000) this.#resolved.clear()
    this.#resolved.set(name, found)
    return found
  }

  /**
   * The same for the name of a call.
   * @throws {BadRequestError} with the groups that exist
   */
  resolve(name: string): ModelGroup {
    const group = this.find(name)
    if (group) return group
    throw new BadRequestError(`Unknown model group '${name}'. ${knownGroups(name, this)}`, {
      param: 'model',
      model: name,
    })
  }

  #put(config: DeploymentConfig): Deployment {
    const id = this.#freeId(config)
    const deployment = new Deployment(config, id, this.#client)
    this.#byId.set(id, deployment)
    return deployment
  }

  #freeId(config: DeploymentConfig): string {
    let id = deploymentId(config)
    if (!this.#byId.has(id)) return id
    if (config.id !== undefined) {
      throw new BadRequestError(`Deployment id '${id}' is already in use. Give each deployment an id of its own.`, {
        param: 'id',
      })
    }
    // the same deployment twice has twice the share
    for (let copy = 2; this.#byId.has(id); copy++) id = `${deploymentId(config)}-${copy}`
    return id
  }

  #checkAliases(): void {
    for (const [alias, name] of Object.entries(this.#aliases)) {
      if (!this.has(name)) throw unknownGroup(`modelGroupAlias.${alias}`, name, this)
    }
  }

  #search(name: string): ModelGroup | undefined {
    const target = this.#followAliases(name)
    const single = this.#byId.get(name) ?? (this.#byName.has(target) ? undefined : this.#byId.get(target))
    if (single) return { ...createGroup(single.modelName, [single]), id: single.id }
    const exact = this.#byName.get(target)
    if (exact) return createGroup(target, exact)
    for (const { parts, deployments, name: wildcard } of this.#wildcards) {
      const matched = wildcard === '*' ? undefined : matchWildcard(parts, target)
      if (matched !== undefined) return createGroup(wildcard, deployments, matched)
    }
    const byModel = [...this.#byId.values()].filter(({ model }) => model === target)
    if (byModel.length > 0) return createGroup(target, byModel)
    const any = this.#byName.get('*')
    return any && createGroup('*', any, target)
  }

  /** An alias may lead to another alias, unless a group or deployment has its name. */
  #followAliases(name: string): string {
    const seen = new Set<string>()
    let target = name
    while (Object.hasOwn(this.#aliases, target) && !seen.has(target)) {
      seen.add(target)
      target = this.#aliases[target] ?? target
      if (this.#byName.has(target) || this.#byId.has(target)) break
    }
    return target
  }

  #index(): void {
    this.#resolved.clear()
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

const createGroup = (name: string, deployments: readonly Deployment[], matched?: string): ModelGroup => ({
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
 * The longest text that the first `*` of a pattern such as `anthropic/claude-*` can match, or `undefined`. Not a regular
 * expression: names may come from anyone, and several `*` would take it minutes.
 */
function matchWildcard(parts: readonly string[], name: string): string | undefined {
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

/** The model that a deployment of a group is asked for. */
export function modelFor(deployment: Deployment, matched: string | undefined): string {
  if (!deployment.wildcard || matched === undefined) return deployment.model
  return deployment.model.replace('*', () => matched)
}

/** The provider of a deployment. Behind `*` every model has its own. */
export function providerFor(deployment: Deployment, { matched }: ModelGroup): string {
  if (deployment.provider) return deployment.provider
  const model = modelFor(deployment, matched)
  const slash = model.indexOf('/')
  return slash > 0 ? model.slice(0, slash) : (deployment.facts(model).info?.provider ?? '')
}
