import { optionError } from '../call/option-issues.js'
import type { BadRequestError } from '../errors.js'
import { closestName } from '../suggest.js'
import type { RouterEvents } from './events.js'
import type { DeploymentConfig, FallbackTarget, RouterOptions } from './types.js'

/** The groups that a reference may lead to. */
interface KnownGroups {
  readonly all: Iterable<{ readonly id: string; readonly mirrorTo: string | undefined }>
  names(): string[]
  has(name: string): boolean
  leadsTo(entry: string): boolean
  willHave(name: string, config: DeploymentConfig, id: string | undefined): boolean
}

/**
 * Fallbacks, mirrors and policies must refer to groups that exist.
 * @throws {BadRequestError} with the path of the first one that does not
 */
export function checkReferences(options: RouterOptions, groups: KnownGroups): void {
  const { modelList, mirrorTo, groupRetryPolicy } = options
  for (const [path, name] of targetsIn(options)) if (!groups.has(name)) throw unknownGroup(path, name, groups)
  // an entry that no call can reach would be ignored without notice
  for (const [path, name] of entriesIn(options)) if (!groups.leadsTo(name)) throw unknownGroup(path, name, groups)
  const names = new Set(groups.names())
  for (const [option, table] of Object.entries({ mirrorTo, groupRetryPolicy })) {
    for (const name of Object.keys(table ?? {})) if (!names.has(name)) throw unknownGroup(option, name, groups)
  }
  for (const [index, { params }] of modelList.entries()) {
    const { mirrorTo } = params
    if (mirrorTo !== undefined && !groups.has(mirrorTo))
      throw unknownGroup(`modelList[${index}].params.mirrorTo`, mirrorTo, groups)
  }
}

/**
 * The same for a deployment that is added or updated.
 * @param id of the deployment that it replaces
 */
export function checkMirror(config: DeploymentConfig, id: string | undefined, groups: KnownGroups): void {
  const { mirrorTo } = config.params
  if (mirrorTo !== undefined && !groups.willHave(mirrorTo, config, id))
    throw unknownGroup('params.mirrorTo', mirrorTo, groups)
}

/** @param path of the field that refers to the group */
export function unknownGroup(path: string, name: string, groups: Pick<KnownGroups, 'names'>): BadRequestError {
  return optionError(`'${path}' refers to an unknown model group '${name}'. ${knownGroups(name, groups)}`, path)
}

/** The groups that a message may suggest. */
export function knownGroups(name: string, groups: Pick<KnownGroups, 'names'>): string {
  const names = groups.names()
  const suggestion = closestName(name, names)
  if (suggestion) return `Did you mean '${suggestion}'?`
  const some = names.slice(0, 12).map((one) => `'${one}'`)
  const more = names.length > 12 ? ` and ${names.length - 12} more` : ''
  return `Known groups: ${some.join(', ') || 'none'}${more}.`
}

/** Warns of references to groups whose last deployment was removed: once, until the group is back. */
export class MissingGroups {
  readonly #missing = new Set<string>()

  check(options: RouterOptions, groups: KnownGroups, events: RouterEvents): void {
    for (const [path, name] of referencesIn(options, groups)) {
      const key = `${path} refers to the model group '${name}'`
      if (groups.has(name)) this.#missing.delete(key)
      else if (!this.#missing.has(key)) {
        this.#missing.add(key)
        const message = `${key}, which no longer has deployments.`
        events.emit({ type: 'warning', message })
        try {
          options.logger?.warn({}, message)
        } catch {
          // errors of the user's logger are ignored
        }
      }
    }
  }
}

function* referencesIn(options: RouterOptions, groups: KnownGroups): Iterable<readonly [path: string, name: string]> {
  for (const [path, name] of targetsIn(options)) yield [`'${path}'`, name]
  for (const { id, mirrorTo } of groups.all)
    if (mirrorTo !== undefined) yield [`'mirrorTo' of the deployment '${id}'`, mirrorTo]
}

function* listsIn({ fallbacks, contextWindowFallbacks, contentPolicyFallbacks }: RouterOptions) {
  for (const [option, list] of Object.entries({ fallbacks, contextWindowFallbacks, contentPolicyFallbacks })) {
    for (const [index, entry] of (list ?? []).entries()) yield [`${option}[${index}]`, entry] as const
  }
}

/** Groups that lists of fallbacks have entries for. */
function* entriesIn(options: RouterOptions): Iterable<readonly [path: string, name: string]> {
  for (const [path, entry] of listsIn(options)) for (const name of Object.keys(entry)) yield [path, name]
}

/** Groups that calls are sent to. */
function* targetsIn(options: RouterOptions): Iterable<readonly [path: string, name: string]> {
  const { defaultFallbacks = [], mirrorTo = {} } = options
  const nameOf = (target: FallbackTarget) => (typeof target === 'string' ? target : target.model)
  for (const [path, entry] of listsIn(options)) {
    for (const [group, targets] of Object.entries(entry)) {
      for (const target of targets) yield [`${path}.${group}`, nameOf(target)]
    }
  }
  for (const target of defaultFallbacks) yield ['defaultFallbacks', nameOf(target)]
  for (const [group, to] of Object.entries(mirrorTo)) yield [`mirrorTo.${group}`, to]
}
