import { statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { ConfigError } from '../config/checker.js'
import type { HookFile, HookSource } from '../config/hooks.js'
import type { Log } from '../log.js'
import { HookRunner } from './runner.js'
import { sizes } from './stream.js'
import type { Hook } from './types.js'
import { webhook } from './webhook.js'

/**
 * Loads the hooks of a configuration. Undefined if there are none.
 * @param own hooks of the process that the gateway lives in
 * @throws {ConfigError} if a file can't be loaded, or has an invalid hook
 */
export async function loadHooks(
  sources: readonly HookSource[],
  own: readonly Hook[],
  log: Log,
): Promise<HookRunner | undefined> {
  if (sources.length === 0 && own.length === 0) return undefined
  const hooks: Hook[] = []
  const add = (given: unknown, fail: (message: string) => never) => {
    const hook = checked(given, fail)
    if (hooks.some(({ name }) => name === hook.name)) fail(`The name '${hook.name}' of a hook is used twice.`)
    hooks.push(hook)
  }
  for (const hook of own) {
    add(hook, (message) => {
      throw new TypeError(message)
    })
  }
  for (const source of sources) {
    const fail = failure(source)
    for (const hook of await hooksOf(source, fail)) add(hook, fail)
  }
  return new HookRunner(hooks, log)
}

const failure =
  ({ place }: HookSource) =>
  (message: string): never => {
    throw new ConfigError([{ ...place, path: 'hooks', message }])
  }

async function hooksOf(source: HookSource, fail: (message: string) => never): Promise<readonly unknown[]> {
  if (source.kind === 'file') {
    const hooks = await fromFile(source, fail)
    return source.guardrail ? [asGuardrail(hooks, source.guardrail, fail)] : hooks
  }
  const { secret, secretEnv } = source
  if (!secret)
    return fail(
      `The environment variable ${secretEnv} is not set. It must have the secret of the webhook '${source.name}'.`,
    )
  return [webhook(source, secret)]
}

/** The hook of a file under the name of LiteLLM's guardrail, with the stages of its mode. */
function asGuardrail(
  hooks: readonly unknown[],
  { name, stages, defaultOn }: NonNullable<HookFile['guardrail']>,
  fail: (message: string) => never,
): Hook {
  const all = hooks.map((hook) => checked(hook, fail))
  const hook = all.find((one) => one.name === name) ?? (all.length === 1 ? all[0] : undefined)
  if (!hook) return fail(`The file of the guardrail '${name}' must have one hook, or one of that name.`)
  const { before, onStream, after } = hook
  const { onFailure, timeout, for: scope, window } = hook
  const chosen: Hook = {
    ...{ name, onFailure, timeout, for: scope, window, defaultOn },
    // called as methods of the hook, which may keep its state in fields
    ...(before && stages.includes('before') && { before: before.bind(hook) }),
    ...(onStream && stages.includes('onStream') && { onStream: onStream.bind(hook) }),
    ...(after && stages.includes('after') && { after: after.bind(hook) }),
  }
  if (!chosen.before && !chosen.onStream && !chosen.after)
    return fail(`The hook of the guardrail '${name}' has nothing for its mode: ${stages.join(', ')}.`)
  return chosen
}

async function fromFile({ file }: HookFile, fail: (message: string) => never): Promise<readonly unknown[]> {
  let module: { readonly default?: unknown }
  try {
    // a file that has changed is a new module
    module = await import(`${pathToFileURL(file).href}?v=${statSync(file).mtimeMs}`)
  } catch (error) {
    return fail(`The hooks can't be loaded: ${error instanceof Error ? error.message : String(error)}`)
  }
  const { default: given } = module
  if (typeof given !== 'object' || given === null)
    return fail('A file of hooks must export a hook, or a list, as default.')
  return Array.isArray(given) ? given : [given]
}

const stages = ['before', 'onStream', 'after'] as const
const fieldNames: ReadonlySet<string> = new Set([
  ...['name', 'onFailure', 'timeout', 'for', 'defaultOn', 'window', ...stages],
])
const scopes = ['keys', 'teams', 'models', 'routes']

function checked(given: unknown, fail: (message: string) => never): Hook {
  if (typeof given !== 'object' || given === null) return fail('A hook must be an object.')
  const hook = given as Readonly<Record<string, unknown>>
  const { name } = hook
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name))
    return fail("'name' of a hook must have 1 to 64 letters, digits, '.', '_' or '-'.")
  const must = (valid: boolean, message: string) => valid || fail(`The hook '${name}' is invalid: ${message}`)
  must(hook.onFailure === 'open' || hook.onFailure === 'closed', "'onFailure' must be 'open' or 'closed'.")
  must(hook.timeout === undefined || isWhole(hook.timeout), "'timeout' must be a whole number of milliseconds above 0.")
  must(hook.defaultOn === undefined || typeof hook.defaultOn === 'boolean', "'defaultOn' must be a boolean.")
  must(
    stages.some((stage) => hook[stage] !== undefined),
    "it must have 'before', 'onStream' or 'after'.",
  )
  for (const stage of stages)
    must(hook[stage] === undefined || typeof hook[stage] === 'function', `'${stage}' must be a function.`)
  // a misspelled field would leave calls without their guardrail
  if (Object.getPrototypeOf(hook) === Object.prototype)
    for (const field of Object.keys(hook)) must(fieldNames.has(field), `'${field}' is no field of a hook.`)
  for (const [list, values] of Object.entries(hook.for ?? {})) {
    must(scopes.includes(list), `'for.${list}' must be one of ${scopes.join(', ')}.`)
    const valid = values === undefined || (Array.isArray(values) && values.every((one) => typeof one === 'string'))
    must(valid, `'for.${list}' must be a list of texts.`)
  }
  const window = sizes((given as Hook).window)
  must(
    isWhole(window.size) && isWhole(window.stride) && window.stride < window.size && window.size <= 100_000,
    "'window' must have a 'size' up to 100,000 and a smaller 'stride'.",
  )
  return given as Hook
}

const isWhole = (value: unknown) => typeof value === 'number' && Number.isInteger(value) && value > 0
