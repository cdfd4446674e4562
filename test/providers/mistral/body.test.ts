import { expect, it } from 'vitest'
import { hosts } from '../../../providers/hosts/index.js'
import { canonical, canonicalNames } from '../../helpers/canonical.js'
import { bodyOf, quirksOf } from '../openai/helpers.js'
import { bodies } from './body.test-d.js'

const { quirks } = quirksOf(hosts.find(({ id }) => id === 'mistral')?.quirks ?? {})

it.each(canonicalNames)('writes a request with %s as the SDK takes it', (name) => {
  expect(bodyOf(canonical[name], { provider: 'mistral', model: bodies[name].model, quirks })).toEqual(bodies[name])
})
