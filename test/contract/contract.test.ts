import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Behaviour, failureOf } from './behaviour.js'
import { behaviours } from './behaviours.js'
import { hello } from './requests.js'
import { type Gallery, openGallery, type Scene, sceneOf } from './scene.js'
import { absent, type Operation, operations, type Skip, skips } from './skips.js'
import { type Target, targets } from './targets.js'

/** One list of behaviours, run with every provider. Missing behaviours are in skips.ts, with a reason. */
const all = await targets()

/** A full sentence. */
const reason = expect.stringMatching(/^[A-Z].{10,}\.$/)

let gallery: Gallery | undefined
beforeAll(async () => {
  gallery = await openGallery()
  for (const name of Object.keys(process.env))
    if (/_(KEY|TOKEN|BASE|URL|ENDPOINT|HOST)$/.test(name)) vi.stubEnv(name, '')
})
afterAll(() => {
  gallery?.close()
  vi.unstubAllEnvs()
})

const skipOf = ({ label, dialect }: Target, name: string): Skip | undefined =>
  skips.targets[label]?.[name] ?? skips.dialects[dialect]?.[name]

describe.each(all.map((target) => [target.label, target] as const))('%s', (label, target) => {
  const { dialect } = target.provider
  const has = (operation: Behaviour['operation']) =>
    dialect[operation] !== undefined ||
    // hosts with the operation in OpenAI's form
    (!operations.some((name) => name === operation) &&
      (dialect.operations === 'all' || dialect.operations?.some((name) => name === operation) === true))

  for (const { name, operation, run } of behaviours) {
    const skip = skipOf(target, name)
    if (!has(operation)) continue
    it.concurrent(skip ? `${name}: ${skip.why}` : name, async () => {
      if (!gallery) throw new Error('the gallery is closed')
      const running = run(sceneOf(target), { gallery })
      if (!skip) return running
      const failure = await running.then(
        () => 'nothing failed: the skip is not needed any more',
        (error: unknown) => String(error),
      )
      expect(failure).toMatch(skip.says)
    })
  }

  for (const operation of operations.filter((operation) => !has(operation))) {
    it(`has no ${operation}`, async () => {
      expect([label, absent.targets[label]?.[operation] ?? absent.dialects[target.dialect]?.[operation]]).toEqual([
        label,
        reason,
      ])
      const scene = sceneOf(target)
      expect((await failureOf(callOf(scene, operation))).code).toBe('bad_request')
      expect(scene.mock.requests).toEqual([])
    })
  }
})

function callOf({ client, target: { models } }: Scene, operation: Operation): Promise<unknown> {
  switch (operation) {
    case 'chat':
      return client.completion({ model: models.chat, messages: hello })
    case 'embedding':
      return client.embedding({ model: models.embedding, input: 'Hi' })
    case 'rerank':
      return client.rerank({ model: models.rerank, query: 'Hi', documents: ['Hello'] })
  }
}

describe('the skips', () => {
  const names = new Set(behaviours.map(({ name }) => name))
  const served = (who: string) => all.filter(({ label, dialect }) => label === who || dialect === who)

  it('are of providers and behaviours that are there, with a reason', () => {
    expect(names.size).toBe(behaviours.length)
    for (const [who, what] of [...Object.entries(skips.dialects), ...Object.entries(skips.targets)]) {
      expect([who, served(who).length > 0]).toEqual([who, true])
      for (const [name, { why }] of Object.entries(what)) {
        expect([who, name, names.has(name), why]).toEqual([who, name, true, reason])
      }
    }
    for (const [who, what] of [...Object.entries(absent.dialects), ...Object.entries(absent.targets)]) {
      for (const operation of operations.filter((operation) => what[operation] !== undefined)) {
        const without = served(who).filter(({ provider }) => !provider.dialect[operation])
        expect([who, operation, without.length > 0]).toEqual([who, operation, true])
      }
    }
  })

  it('leave most of the behaviours to every provider', () => {
    const left = all.filter(
      (target) => behaviours.filter(({ name }) => skipOf(target, name)).length > behaviours.length / 2,
    )
    expect(left.map(({ label }) => label)).toEqual([])
  })
})
