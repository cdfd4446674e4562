import { describe, expect, it } from 'vitest'
import { dep, setup } from './helpers.js'

/** simple-shuffle draws in groups of 32 deployments and more, and reads smaller ones. */

const group = (size: number, params: (at: number) => object = () => ({})) =>
  Array.from({ length: size }, (_, at) => dep(`d${at}`, params(at)))

const countOf = (asked: readonly string[], matches: (at: number) => boolean) =>
  asked.filter((id) => matches(Number(id.slice(1)))).length

describe('a large group with simple-shuffle', () => {
  it('shares its calls by weight', async () => {
    await using at = setup({ modelList: group(40, (one) => ({ weight: one < 10 ? 9 : 1 })) })
    for (let call = 0; call < 1200; call++) await at.ask()
    // ten of forty have 90 of 120 shares
    const heavy = countOf(at.asked(), (one) => one < 10) / 1200
    expect(heavy).toBeGreaterThan(0.7)
    expect(heavy).toBeLessThan(0.8)
    expect(new Set(at.asked()).size).toBe(40)
  })

  it('shares its calls evenly without weights', async () => {
    await using at = setup({ modelList: group(64) })
    for (let call = 0; call < 1280; call++) await at.ask()
    const low = countOf(at.asked(), (one) => one < 32) / 1280
    expect(low).toBeGreaterThan(0.45)
    expect(low).toBeLessThan(0.55)
  })

  it('never gives a deployment without weight a call', async () => {
    await using at = setup({ modelList: group(40, (one) => ({ weight: one % 2 })) })
    for (let call = 0; call < 300; call++) await at.ask()
    expect(countOf(at.asked(), (one) => one % 2 === 0)).toBe(0)
  })

  it('finds the only deployment with capacity', async () => {
    await using at = setup({ enforceLimits: true, modelList: group(50, (one) => ({ rpm: one === 17 ? 100 : 1 })) })
    for (let call = 0; call < 120; call++) await at.ask()
    // every other one may take a single call in a minute
    expect(countOf(at.asked(), (one) => one === 17)).toBeGreaterThanOrEqual(71)
    for (let one = 0; one < 50; one++) if (one !== 17) expect(countOf(at.asked(), (id) => id === one)).toBeLessThan(2)
  })

  it('reads all of a higher order before the next one is used', async () => {
    await using at = setup({ modelList: group(80, (one) => ({ order: one < 40 ? 1 : 2 })) })
    for (let call = 0; call < 200; call++) await at.ask()
    expect(countOf(at.asked(), (one) => one >= 40)).toBe(0)
  })

  it('reports its size as the reason', async () => {
    await using at = setup({ modelList: group(40) })
    await at.ask()
    expect(at.events.find(({ type }) => type === 'pick')).toMatchObject({ reason: 'simple-shuffle of 40' })
  })
})
