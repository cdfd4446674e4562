import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Checker, isMap, type Section, show, showPath } from './checker.js'
import type { Path, Place } from './document.js'
import { guardrailKeys, guardrailParamKeys, hookKeys, scopeKeys } from './keys.js'

export type HookStage = 'before' | 'onStream' | 'after'

/** A file with hooks. */
export interface HookFile {
  readonly kind: 'file'
  /** Absolute. */
  readonly file: string
  /** Line of the configuration, for messages. */
  readonly place: Place
  /** The hook is an entry of LiteLLM's `guardrails`. */
  readonly guardrail?: {
    readonly name: string
    readonly stages: readonly HookStage[]
    readonly defaultOn: boolean
  }
}

/** A server that is asked. */
export interface HookWebhook {
  readonly kind: 'webhook'
  readonly place: Place
  readonly name: string
  readonly url: string
  /** Environment variable of the secret. */
  readonly secretEnv: string
  readonly secret: string | undefined
  readonly stages: readonly ('before' | 'after')[]
  /** Milliseconds of one attempt. */
  readonly timeout: number
  readonly attempts: number
  readonly onFailure: 'open' | 'closed'
  readonly defaultOn: boolean
  readonly scope: Readonly<Record<string, readonly string[]>> | undefined
}

export type HookSource = HookFile | HookWebhook

const defaultTimeout = 5_000
const mostRetries = 5

/** `hooks`: files, relative to the file of the configuration that names them, and webhooks. `guardrails` of LiteLLM, if they are files. */
export function readHooks(checker: Checker, top: Section, general: Section): readonly HookSource[] {
  const hooks = [top, general].flatMap((section) => {
    const value = section.values.hooks
    const at = [...section.path, 'hooks']
    if (value === undefined || value === null || value === false) return []
    if (!Array.isArray(value)) return readHook(checker, at, value)
    return value.flatMap((entry: unknown, index) => readHook(checker, [...at, index], entry))
  })
  const guardrails = (top.list('guardrails') ?? []).flatMap((entry, index) =>
    readGuardrail(checker, ['guardrails', index], entry),
  )
  return [...hooks, ...guardrails]
}

function readHook(checker: Checker, path: Path, entry: unknown): HookSource[] {
  if (typeof entry === 'string') return readFile(checker, path, entry)
  if (isMap(entry)) return readWebhook(checker, path, entry)
  checker.problem(path, `'hooks' must be files such as ./hooks.mjs, or webhooks with a 'url'; got ${show(entry)}.`)
  return []
}

const isScript = (name: string) => /\.(m?js|m?ts)$/.test(name)

function readFile(checker: Checker, path: Path, name: string, guardrail?: HookFile['guardrail']): HookFile[] {
  const place = checker.document.place(path)
  const file = resolve(dirname(place.file), name)
  if (!isScript(name)) {
    checker.problem(path, `A file of hooks must end in .mjs, .js, .mts or .ts; got ${show(name)}.`)
    return []
  }
  if (!existsSync(file)) {
    checker.problem(path, `The file of hooks does not exist: ${show(name)}.`)
    return []
  }
  return [{ kind: 'file', file, place, ...(guardrail && { guardrail }) }]
}

function readWebhook(checker: Checker, path: Path, entry: Readonly<Record<string, unknown>>): HookWebhook[] {
  const section = checker.section(path, entry, hookKeys)
  const problems = checker.problems.length
  const url = addressOf(checker, [...path, 'url'], section.text('url'))
  const secretEnv = section.text('secret_env')
  if (!secretEnv)
    checker.problem(
      path,
      `'${showPath(path)}' must have 'secret_env', the environment variable of the secret that signs its requests.`,
    )
  const secret = secretEnv === undefined ? undefined : checker.environment[secretEnv] || undefined
  if (secretEnv && !secret)
    checker.line(
      [...path, 'secret_env'],
      'unset',
      `The environment variable ${secretEnv} is not set: the gateway does not start.`,
    )
  const stages = section.texts('stages') ?? ['before']
  if (stages.length === 0 || stages.some((stage) => stage !== 'before' && stage !== 'after'))
    checker.problem([...path, 'stages'], "'stages' of a webhook must be a list of 'before' and 'after'.")
  const onFailure = section.text('on_failure')
  if (onFailure !== 'open' && onFailure !== 'closed')
    checker.problem(path, `'on_failure' of a webhook must be 'open' or 'closed'; got ${show(onFailure)}.`)
  const retries = section.number('retries') ?? 0
  if (retries > mostRetries)
    checker.problem([...path, 'retries'], `'retries' of a webhook must be at most ${mostRetries}.`)
  const timeout = section.milliseconds('timeout') ?? defaultTimeout
  if (timeout < 1) checker.problem([...path, 'timeout'], "'timeout' of a webhook must be above 0 seconds.")
  const scope = section.map('for')
  const lists = scope && checker.section([...path, 'for'], scope, scopeKeys).values
  if (checker.problems.length > problems || !url || !secretEnv) return []
  return [
    {
      kind: 'webhook',
      place: checker.document.place(path),
      name: section.text('name') ?? url.hostname,
      url: url.href,
      ...{ secretEnv, secret, timeout },
      stages: stages as HookWebhook['stages'],
      attempts: retries + 1,
      onFailure: onFailure === 'open' ? 'open' : 'closed',
      defaultOn: section.flag('default_on') ?? true,
      scope: lists as HookWebhook['scope'],
    },
  ]
}

function addressOf(checker: Checker, path: Path, text: string | undefined): URL | undefined {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '') {
    checker.problem(path, "'url' of a webhook must be an address with http or https, without a password.")
    return undefined
  }
  if (url.protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname))
    checker.line(path, 'dangerous', 'Prompts and answers are sent without encryption.')
  return url
}

const stagesOf: Readonly<Record<string, readonly HookStage[]>> = {
  pre_call: ['before'],
  during_call: ['before'],
  post_call: ['onStream', 'after'],
}

/** An entry of LiteLLM's `guardrails`. Only files of hooks can be run. */
function readGuardrail(checker: Checker, path: Path, entry: unknown): HookFile[] {
  const section = checker.section(path, entry, guardrailKeys)
  const at = [...path, 'litellm_params']
  const params = checker.section(at, section.map('litellm_params'), guardrailParamKeys)
  const name = section.text('guardrail_name')
  const guardrail = params.text('guardrail')
  if (name === undefined || guardrail === undefined) {
    checker.problem(path, `'${showPath(path)}' must have a 'guardrail_name', and a 'guardrail' in 'litellm_params'.`)
    return []
  }
  const refuse = (reason: string) => {
    checker.line(path, 'refused', reason)
    checker.problem(path, `The guardrail '${name}' is not supported. ${reason}`)
    return []
  }
  if (!isScript(guardrail)) {
    const kind = guardrail.includes('.') ? 'Python code' : 'an integration of LiteLLM'
    return refuse(
      `'${guardrail}' is ${kind}. 'guardrail' may be a file of hooks such as ./pii.mjs; for a service, use a webhook.`,
    )
  }
  const { mode } = params.values
  const modes: readonly unknown[] = Array.isArray(mode) ? mode : [mode ?? 'pre_call']
  const known = modes.every((one) => typeof one === 'string' && one in stagesOf)
  if (!known) return refuse(`'mode' must be pre_call, during_call or post_call; got ${show(mode)}.`)
  if (modes.includes('during_call'))
    checker.line([...at, 'mode'], 'honoured', 'during_call runs before the call, and not beside it.')
  return readFile(checker, [...at, 'guardrail'], guardrail, {
    name,
    stages: modes.flatMap((one) => stagesOf[String(one)] ?? []),
    defaultOn: params.flag('default_on') === true,
  })
}
