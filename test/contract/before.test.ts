import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Provider } from '../../providers/contract.js'
import { type CallOptions, createClient } from '../../src/index.js'
import { failureOf } from './behaviour.js'
import { hello } from './requests.js'
import { sceneOf } from './scene.js'
import { account, type Target, targets } from './targets.js'

/** Errors that are detected before a request is sent. */

// the package is a dev dependency and would look for credentials on this machine
vi.mock('google-auth-library', () => {
  throw new Error('it is not installed')
})

const all = await targets()
const each = all.map((target) => [target.label, target] as const)

const variables = ({ auth, address, settings = [] }: Provider): string[] => [
  ...auth.schemes.flatMap(({ env }) => env),
  ...address.env,
  ...settings.flatMap(({ env }) => env),
]

beforeAll(() => {
  for (const name of new Set(all.flatMap(({ provider }) => variables(provider)))) vi.stubEnv(name, '')
})
afterAll(() => vi.unstubAllEnvs())

/** A client with the provider's address but no credentials. */
const anonymous = ({ id, account, provider }: Target) => {
  const { apiKey: _, authToken: __, accessKeyId: ___, secretAccessKey: ____, apiBase, ...place } = account
  // self-hosted servers may need no key
  const elsewhere = apiBase !== undefined && typeof provider.address.base === 'string'
  return { providers: { [id]: { ...place, ...(!elsewhere && apiBase !== undefined && { apiBase }) } } }
}

function call(target: Target, options?: Parameters<typeof sceneOf>[1], more: CallOptions = {}) {
  const scene = sceneOf(target, options)
  const { client } = scene
  const { chat, embedding, rerank, speech, voice } = target.models
  const { dialect } = target.provider
  const make = (): Promise<unknown> => {
    if (dialect.chat) return client.completion({ model: chat, messages: hello, ...more })
    if (dialect.embedding) return client.embedding({ model: embedding, input: 'Hi', ...more })
    if (dialect.rerank) return client.rerank({ model: rerank, query: 'Hi', documents: ['Hello'], ...more })
    return client.speech({ model: speech, voice, input: 'Hi', ...more })
  }
  return { ...scene, calling: make() }
}

describe('without a key', () => {
  const needing = each.filter(([, { provider }]) => provider.auth.required !== false)
  const keyless = each.filter(([, { provider }]) => provider.auth.required === false)

  it.each(needing)('%s names the variables and the option, and sends nothing', async (_, target) => {
    const { base, env } = target.provider.address
    // self-hosted servers may need no key; the address comes from the environment
    const [variable] = base === undefined ? env : []
    if (variable) vi.stubEnv(variable, 'https://contract.example/v1')
    const { calling, mock } = call(target, variable ? {} : anonymous(target))
    const error = await failureOf(calling)
    if (variable) vi.stubEnv(variable, '')
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'authentication', retryable: false })
    const { auth, authorize } = target.provider
    const [first] = auth.schemes
    expect(error.message).toMatch(/apiKey|accessKeyId|authToken/)
    // if the machine can sign in by itself, the error names the missing settings
    if (authorize) expect(error.message).toMatch(/npm install|[A-Z]+_[A-Z_]+/)
    else for (const name of first?.env ?? []) expect(error.message).toContain(name)
    expect(mock.requests).toEqual([])
  })

  it.each(keyless)('%s is called without one', async (_, target) => {
    const { calling, mock } = call(target, anonymous(target))
    await calling
    expect(mock.requests[0]?.headers).not.toHaveProperty('authorization')
  })
})

describe('without an address', () => {
  const homeless = each.filter(([, { provider }]) => provider.address.base === undefined)

  it.each(homeless)('%s names the variables and the option, and sends nothing', async (_, target) => {
    const { id, provider } = target
    const { calling, mock } = call(target, { providers: { [id]: { apiKey: 'key' } } })
    const error = await failureOf(calling)
    expect(error).toMatchObject({ code: 'bad_request', param: 'apiBase' })
    for (const name of provider.address.env) expect(error.message).toContain(name)
    expect(mock.requests).toEqual([])
  })
})

describe('without a setting that must be', () => {
  const picky = each.flatMap(([label, target]) =>
    (target.provider.settings ?? [])
      .filter(({ required, default: usual }) => required && usual === undefined)
      .map((setting) => [label, setting.option, target, setting.env] as const),
  )

  it.each(picky)('%s asks for %s', async (_, option, target, env) => {
    const { [option]: __, ...others } = target.account
    const { calling, mock } = call(target, { providers: { [target.id]: { apiKey: 'key', ...others } } })
    const error = await failureOf(calling)
    expect(error.message).toContain(option)
    for (const name of env) expect(error.message).toContain(name)
    expect(mock.requests).toEqual([])
  })
})

describe('a wrong name', () => {
  const prefixes = [...new Map(all.map((target) => [target.id, target]))]

  it.each(prefixes)('near %s/ is told the right one', async (id, target) => {
    const client = createClient()
    const typos = [`${id}x`, id.length > 3 ? id.slice(0, -1) : `x${id}`, `${id.slice(0, 1)}${id}`]
    for (const typo of typos) {
      if (all.some((known) => known.id === typo)) continue
      const error = await failureOf(client.completion({ model: `${typo}/some-model`, messages: hello }))
      expect(error).toMatchObject({ code: 'bad_request', param: 'model' })
      expect(error.message).toContain(`'${id}/some-model'`)
    }
    const nothing = await failureOf(sceneOf(target).client.completion({ model: `${id}/`, messages: hello }))
    expect(nothing.message).toContain('must name a model after the')
  })
})

describe('a wrong option', () => {
  it.each(each)('is told by %s before anything is sent', async (_, target) => {
    const wrong = { maxTokens: 5 } as CallOptions
    const { calling, mock } = call(target, account(target), wrong)
    const error = await failureOf(calling)
    expect(error).toMatchObject({ code: 'bad_request', param: 'maxTokens' })
    expect(mock.requests).toEqual([])
  })
})

describe('a provider', () => {
  it.each(each)('%s is one that nobody can change', (_, { provider }) => {
    expect(thawed(provider)).toEqual([])
  })

  it.each(each)('%s answers by its own prefix', (_, { id, provider }) => {
    expect(provider.id).toBe(id)
  })
})

/** The places of a request that can be overridden. */
function thawed(value: unknown, place = 'provider'): string[] {
  if (typeof value !== 'object' || value === null) return []
  const inside = Object.entries(value).flatMap(([name, part]) => thawed(part, `${place}.${name}`))
  return Object.isFrozen(value) ? inside : [place, ...inside]
}
