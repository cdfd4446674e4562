import { ClientContext } from '../call/context.js'
import { BadRequestError } from '../errors.js'
import { ModelGroups } from './deployments/model-groups.js'
import { resolveEnvironment } from './environment-references.js'
import { checkReferences } from './group-references.js'
import { checkRouterOptions } from './options.js'
import type { RouterOptions } from './types.js'

/**
 * Turns a configuration from a file into options for a Router. It is validated completely: unknown options, wrong values, unset
 * variables, and fallbacks, aliases and mirrors that refer to unknown model groups.
 *
 * @param json text, or an object that was parsed from JSON or YAML. Strings such as `os.environ/OPENAI_API_KEY` are replaced by
 *   environment variables.
 * @throws {BadRequestError} with the path of the wrong field and the closest known name
 *
 * @example
 * const router = new Router(parseRouterOptions(await readFile('router.json', 'utf8')))
 */
export function parseRouterOptions(json: unknown): RouterOptions {
  return validateOptions(typeof json === 'string' ? parseJson(json) : json)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BadRequestError(`The options of a Router must be valid JSON: ${reason}`, { cause: error })
  }
}

/**
 * Validates options as the constructor of a Router does, without side effects.
 * @throws {BadRequestError} with the path of the wrong field
 */
export function validateOptions(options: unknown): RouterOptions {
  const checked = checkRouterOptions(options)
  const client = new ClientContext({ ...checked.client, cache: false })
  checkReferences(checked, new ModelGroups(client, checked.modelGroupAlias ?? {}, checked.modelList))
  return checked
}

/** Options that are fixed for the life of a Router. */
const fixedOptions = [
  ...([
    'client',
    'state',
    'cache',
    'callbacks',
    'redact',
    'beforeSend',
    'callbackQueue',
    'callbackTimeout',
    'logger',
  ] as const),
]

/**
 * The options of a Router after `configure()`: the new ones, with the fixed ones of the old.
 * @throws {BadRequestError} if a fixed option changes
 */
export function mergeOptions(old: RouterOptions, options: RouterOptions): RouterOptions {
  const merged: Record<string, unknown> = { ...options }
  for (const name of fixedOptions) {
    const given = options[name]
    if (given !== undefined && !isSame(old[name], resolveEnvironment(given, [name]))) {
      throw new BadRequestError(
        `'${name}' must not change while a Router runs. Leave it out, or create another Router.`,
        {
          param: name,
        },
      )
    }
    if (old[name] !== undefined) merged[name] = old[name]
  }
  return merged as unknown as RouterOptions
}

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const prototype: unknown = Object.getPrototypeOf(a)
  if (prototype !== Object.getPrototypeOf(b)) return false
  if (prototype !== Object.prototype && !Array.isArray(a)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(Reflect.get(a, key), Reflect.get(b, key)))
  )
}
