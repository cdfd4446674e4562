import { expect, it } from 'vitest'
import { canonical, canonicalNames } from '../../helpers/canonical.js'
import { bodies } from './body.test-d.js'
import { bodyOf } from './helpers.js'

it.each(canonicalNames)('writes a request with %s in the types of the SDK', (name) => {
  expect(bodyOf(canonical[name])).toEqual(bodies[name])
})
