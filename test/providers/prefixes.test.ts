import { expect, it } from 'vitest'
import { providerPrefixes } from '../../providers/prefixes.js'
import { providerIds } from '../../providers/registry.js'

it('lists the prefix of every provider', async () => {
  expect([...providerPrefixes].sort()).toEqual(await providerIds())
})
