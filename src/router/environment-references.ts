import { fromEnvironment } from '../call/environment.js'
import { optionError, showPath } from '../call/option-issues.js'

const prefix = 'os.environ/'

/**
 * Replaces each string `os.environ/NAME` by the environment variable. Functions, class instances and dispatchers stay as they are.
 * @throws {BadRequestError} if a variable is not set
 */
export function resolveEnvironment(value: unknown, path: readonly string[] = []): unknown {
  const [root, below] = path
  const option = root === 'client' ? below : root
  if (option !== undefined && opaque.has(option)) return value
  if (typeof value === 'string')
    return value.startsWith(prefix) ? readVariable(value.slice(prefix.length), path) : value
  if (Array.isArray(value)) return value.map((item, index) => resolveEnvironment(item, [...path, String(index)]))
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  // `undefined` in a fallback removes a parameter of the call
  const keepsUndefined = 'model' in value && /fallbacks$/i.test(root ?? '')
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => keepsUndefined || item !== undefined)
      .map(([key, item]) => [key, stateful.has(key) ? item : resolveEnvironment(item, [...path, key])]),
  )
}

/** Options that are objects of the user. */
const opaque: ReadonlySet<string> = new Set(['callbacks', 'logger'])
/** Options with a state, which a copy would not share. */
const stateful: ReadonlySet<string> = new Set(['state', 'dispatcher'])

function readVariable(name: string, path: readonly string[]): string {
  const at = showPath(path)
  if (name === '') throw optionError(`'${at}' must name a variable, as in '${prefix}API_KEY'; got '${prefix}'.`, at)
  const found = fromEnvironment([name])
  if (!found) throw optionError(`'${at}' refers to the environment variable ${name}, which is not set.`, at)
  return found.value
}

const isPlain = (value: object) => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
