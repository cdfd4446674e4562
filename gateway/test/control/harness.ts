import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SettledRecord } from 'llmux'
import { onTestFinished } from 'vitest'
import { openControl } from '../../src/control.js'
import { refusalOf } from '../../src/refusal.js'
import {
  AdminAnswer,
  type AdmissionCall,
  type Admitted,
  type Catalog,
  type Control,
  type ControlEvent,
  type ControlOptions,
} from '../../src/types.js'

export const masterKey = 'sk-test-master-key-0123456789'

const prices: Readonly<Record<string, { input: number; output: number }>> = {
  large: { input: 2e-6, output: 8e-6 },
  small: { input: 1e-7, output: 4e-7 },
}

/** A catalog of two priced models, one without a price, and an alias. */
export const catalog: Catalog = {
  models: () => ['large', 'small', 'unpriced'],
  has: (model) => ['large', 'small', 'unpriced', 'big'].includes(model),
  resolve: (model) => (model === 'big' ? 'large' : model),
  teamOf: () => undefined,
  teamModel: () => undefined,
  callName: (model) => (model === 'big' ? 'large' : model),
  accessGroups: (model) => (model === 'small' ? ['cheap'] : []),
  prices: (model) => (prices[model] ? { ...prices[model], maxOutput: 4096 } : undefined),
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: answers are compared field by field
  readonly body: any
}

export interface TestControl {
  readonly control: Control
  readonly events: ControlEvent[]
  readonly folder: string
  /** Calls a management route with a key. */
  ask(method: string, url: string, body?: unknown, key?: string): Promise<Answer>
  /** Creates a key and returns it. */
  key(body?: Record<string, unknown>): Promise<string>
  admit(key: string, call?: Partial<AdmissionCall>): Promise<Admitted>
  /** Admits and settles a call; returns 200, or the status of the refusal. */
  call(key: string, call?: Partial<AdmissionCall>, record?: Partial<SettledRecord>): Promise<number>
}

/** A folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-gateway-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

let calls = 0

/** Opens a control on a database of its own. It is closed after the test. */
export async function openTest(options: Partial<ControlOptions> = {}): Promise<TestControl> {
  const folder = options.data ?? temporaryFolder()
  const events: ControlEvent[] = []
  const control = await openControl({
    data: folder,
    masterKey,
    catalog,
    notify: (event) => events.push(event),
    ...options,
  })
  onTestFinished(() => control.close())
  const admit = async (key: string, call: Partial<AdmissionCall> = {}) => {
    await control.prepare(key)
    const principal = control.authenticate(key)
    return await control.admission.admit(principal, {
      id: `call-${++calls}-${Math.random()}`,
      operation: 'chat',
      path: '/v1/chat/completions',
      model: 'large',
      params: { messages: [{ role: 'user', content: 'Hello' }] },
      stream: false,
      headers: {},
      ...call,
    })
  }
  return {
    control,
    events,
    folder,
    admit,
    ask: (method, url, body, key = masterKey) => ask(control, method, url, body, key),
    async key(body = {}) {
      const { status, body: made } = await ask(control, 'POST', '/key/generate', body, masterKey)
      if (status !== 200) throw new Error(`no key: ${status} ${JSON.stringify(made)}`)
      return made.key as string
    },
    async call(key, call, record) {
      try {
        const admitted = await admit(key, call)
        admitted.settle(settled(record))
        return 200
      } catch (error) {
        return refusalOf(error)?.status ?? fail(error)
      }
    },
  }
}

const fail = (error: unknown): never => {
  throw error
}

/** A call of 10 input and 5 output tokens for $0.00006. */
export const settled = (record: Partial<SettledRecord> = {}): SettledRecord =>
  ({
    operation: 'chat',
    requestedModel: 'large',
    provider: 'openai',
    model: 'gpt-large',
    stream: false,
    outcome: 'success',
    error: undefined,
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    cost: { total: 0.00006 },
    estimated: false,
    attempts: [{ provider: 'openai', model: 'gpt-large', outcome: 'success', durationMs: 5 }],
    cache: undefined,
    router: { requested: 'large', modelGroup: 'large', deployment: 'large-1', fallbacks: 0 },
    requestId: undefined,
    tags: [],
    traceId: undefined,
    user: undefined,
    startTime: Date.now(),
    durationMs: 5,
    ...record,
  }) as SettledRecord

async function ask(control: Control, method: string, url: string, body: unknown, key: string): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  try {
    await control.prepare(key)
    const principal = control.authenticate(key)
    control.authorizeRoute(principal, method, pathname)
    for (const route of control.routes) {
      const params = route.method === method ? match(route.path, pathname) : undefined
      if (!params) continue
      const query = Object.fromEntries(
        [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]),
      )
      const answer = await route.handler({ method, path: pathname, params, query, body, headers: {}, principal })
      if (!(answer instanceof AdminAnswer)) return { status: 200, body: JSON.parse(JSON.stringify(answer)) }
      const { status, body: given } = answer
      return { status, body: isParts(given) ? await joined(given) : given }
    }
    return { status: 501, body: undefined }
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal) throw error
    return { status: refusal.status, body: { ...refusal, message: (error as Error).message } }
  }
}

const isParts = (value: unknown): value is AsyncIterable<string> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

async function joined(parts: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}

function match(pattern: string, path: string): Record<string, string> | undefined {
  const names: string[] = []
  const text = pattern.replace(/:(\w+)/g, (_, name: string) => {
    names.push(name)
    return '([^/]+)'
  })
  const found = new RegExp(`^${text}$`).exec(path)
  return found
    ? Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')]))
    : undefined
}
