import { describe, expect, it } from 'vitest'
import { openTest } from './harness.js'

describe('the models of an organization', () => {
  it('hold for the keys of its teams and for its own keys', async () => {
    const { ask, call, key } = await openTest()
    await ask('POST', '/organization/new', { organization_id: 'acme', organization_alias: 'Acme', models: ['small'] })
    await ask('POST', '/team/new', { team_id: 't', organization_id: 'acme' })
    for (const owner of [{ team_id: 't' }, { organization_id: 'acme' }]) {
      const made = await key(owner)
      expect(await call(made, { model: 'large' })).toBe(403)
      expect(await call(made, { model: 'small' })).toBe(200)
    }
    await ask('PATCH', '/organization/update', { organization_id: 'acme', models: [] })
    expect(await call(await key({ team_id: 't' }), { model: 'large' })).toBe(200)
  })

  it('are not lost with the organization while it has keys', async () => {
    const { ask, key } = await openTest()
    await ask('POST', '/organization/new', { organization_id: 'acme', organization_alias: 'Acme', models: ['small'] })
    const made = await key({ organization_id: 'acme' })
    const remove = async () => (await ask('DELETE', '/organization/delete', { organization_ids: ['acme'] })).status
    expect(await remove()).toBe(400)
    await ask('POST', '/key/delete', { keys: [made] })
    expect(await remove()).toBe(200)
  })

  it('may have limits of their own', async () => {
    const { ask, call, key } = await openTest()
    const limits = { model_rpm_limit: { large: 1 } }
    await ask('POST', '/organization/new', { organization_id: 'acme', organization_alias: 'Acme', ...limits })
    const made = await key({ organization_id: 'acme' })
    expect(await call(made, { model: 'large' })).toBe(200)
    expect(await call(made, { model: 'large' })).toBe(429)
    expect(await call(made, { model: 'small' })).toBe(200)
    const { body } = await ask('PATCH', '/organization/update', { organization_id: 'acme', max_budget: 5 })
    expect(body.metadata).toEqual(limits)
  })
})

it('names the model whose budget or limit is reached, and the key by the beginning of its hash', async () => {
  const { ask, key, admit } = await openTest()
  const made = await key({ model_max_budget: { large: { max_budget: 0 } }, model_rpm_limit: { small: 0 } })
  const shown = `${(await ask('GET', '/key/info', undefined, made)).body.key.slice(0, 8)}…`
  await expect(admit(made, { model: 'large' })).rejects.toThrow(`The budget of the key ${shown} for large is used up`)
  await expect(admit(made, { model: 'small' })).rejects.toThrow(`The key ${shown} has reached its limit of 0`)
})

describe('the models of a customer', () => {
  it('hold for calls that name the customer', async () => {
    const { ask, call, key } = await openTest()
    const { body } = await ask('POST', '/customer/new', { user_id: 'c', models: ['cheap'] })
    expect(body.models).toEqual(['cheap'])
    const made = await key()
    const params = { messages: [{ role: 'user', content: 'Hello' }], user: 'c' }
    expect(await call(made, { model: 'large', params })).toBe(403)
    expect(await call(made, { model: 'small', params })).toBe(200)
    expect(await call(made, { model: 'large' })).toBe(200)
    await ask('POST', '/customer/update', { user_id: 'c', alias: 'C' })
    expect(await call(made, { model: 'large', params })).toBe(403)
  })

  it('are no regions', async () => {
    const { ask } = await openTest()
    expect((await ask('POST', '/customer/new', { user_id: 'c', allowed_model_region: 'eu' })).status).toBe(400)
    expect((await ask('POST', '/customer/new', { user_id: 'c', allowed_model_region: null })).status).toBe(200)
  })
})
