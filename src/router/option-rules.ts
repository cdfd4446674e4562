import { optionError, showPath, suggestion } from '../call/option-issues.js'
import type { BadRequestError } from '../errors.js'
import { got } from '../errors.js'

/**
 * Rules for nested options, in place of a schema library: it was a twelfth of what `import 'llmux'` loads, for one schema with twelve
 * kinds of values.
 */

type Path = readonly PropertyKey[]

interface Issue {
  /** A complete sentence. */
  readonly message: string
  readonly path: Path
}

/** A rule for a value. It adds an issue for each mistake. */
export type Rule = ((value: unknown, path: Path, issues: Issue[]) => void) & { readonly needed?: boolean }

/** At most as many issues are in one message. */
const mostIssues = 10

/**
 * Checks options.
 * @param name of the options as a whole: `The options of a Router`
 * @returns one error for all mistakes, without the texts that were given: they may be secrets
 */
export function checkRules(rule: Rule, options: unknown, name: string): BadRequestError | undefined {
  if (!isObject(options)) return optionError(`${name} must be an object; ${got(options)}.`, undefined)
  const issues: Issue[] = []
  rule(options, [], issues)
  const [first] = issues
  if (!first) return undefined
  const message = issues.slice(0, mostIssues).map(({ message }) => message)
  return optionError(message.join(' '), showPath(first.path))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function add(issues: Issue[], path: Path, requirement: string, value: unknown): void {
  const came = typeof value === 'string' ? 'got a string' : got(value)
  issues.push({ path, message: `'${showPath(path)}' ${requirement}; ${came}.` })
}

/** A value that passes a test. */
export const that =
  (passes: (value: unknown) => boolean, requirement: string): Rule =>
  (value, path, issues) => {
    if (!passes(value)) add(issues, path, requirement, value)
  }

/** A value that passes a rule, and then has no problem. */
export const and =
  (rule: Rule, problemOf: (value: unknown) => string | undefined): Rule =>
  (value, path, issues) => {
    const before = issues.length
    rule(value, path, issues)
    const problem = issues.length === before ? problemOf(value) : undefined
    if (problem) add(issues, path, problem, value)
  }

export const anything: Rule = () => {}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
export const number = that(isNumber, 'must be a number')
const integer = and(number, (value) => (Number.isSafeInteger(value) ? undefined : 'must be an integer'))
export const boolean = that((value) => typeof value === 'boolean', 'must be a boolean')
export const isFunction = (value: unknown): boolean => typeof value === 'function'
const string = that((value) => typeof value === 'string', 'must be a string')

/** A text that is not empty. */
export const text = and(string, (value) => (value === '' ? 'must not be empty' : undefined))

const atLeast = (least: number) => (value: unknown) =>
  (value as number) >= least ? undefined : `must be ${least} or more`
/** A number of 0 or more. */
export const amount = and(number, atLeast(0))
/** An integer of 0 or more. */
export const whole = and(integer, atLeast(0))
/** An integer of 1 or more. */
export const count = and(integer, atLeast(1))
/** A number above 0. */
export const positive = and(number, (value) => ((value as number) > 0 ? undefined : 'must be more than 0'))

export const oneOf = (values: readonly string[]): Rule =>
  that((value) => values.includes(value as string), `must be one of ${values.join(', ')}`)

/** A boolean or a value of another kind, which has a rule. */
export const or =
  (passes: (value: unknown) => boolean, rule: Rule, requirement: string): Rule =>
  (value, path, issues) => {
    if (passes(value)) return
    if (isObject(value)) rule(value, path, issues)
    else add(issues, path, requirement, value)
  }

export const list =
  (rule: Rule): Rule =>
  (value, path, issues) => {
    if (!Array.isArray(value)) return add(issues, path, 'must be an array', value)
    for (const [index, item] of value.entries()) rule(item, [...path, index], issues)
  }

/** An object with names of the caller's. */
export const named =
  (rule: Rule): Rule =>
  (value, path, issues) => {
    if (!isObject(value)) return add(issues, path, 'must be an object', value)
    for (const name of Object.keys(value)) {
      text(name, [...path, name], issues)
      rule(value[name], [...path, name], issues)
    }
  }

/** A field that must not be missing. */
export const needed = (rule: Rule): Rule => Object.assign<Rule, object>((...given) => rule(...given), { needed: true })

/** An object with these fields, and no others unless it is `open`. */
export const fields =
  (shape: Readonly<Record<string, Rule>>, { open = false } = {}): Rule =>
  (value, path, issues) => {
    if (!isObject(value)) return add(issues, path, 'must be an object', value)
    for (const [name, rule] of Object.entries(shape)) {
      if (value[name] !== undefined) rule(value[name], [...path, name], issues)
      else if (rule.needed)
        issues.push({ path: [...path, name], message: `'${showPath([...path, name])}' is required.` })
    }
    if (open) return
    for (const name of Object.keys(value)) {
      if (Object.hasOwn(shape, name)) continue
      const at = [...path, name]
      const hint = suggestion(name, Object.keys(shape))
      issues.push({ path: at, message: `Unknown option '${showPath(at)}'. ${hint}` })
    }
  }
