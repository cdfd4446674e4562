import { afterEach, describe, expect, it } from 'vitest'
import { caller, hello, startGateway } from './start.js'

const model = { model_name: 'mock', litellm_params: { model: 'openai/gpt-4o', mock_response: 'Hello' } }
let gateway: Awaited<ReturnType<typeof startGateway>> | undefined

afterEach(async () => {
  await gateway?.stop()
  gateway = undefined
})

/** A gateway with settings, and a function that asks for an answer. */
async function start(config: object) {
  gateway = await startGateway({ config: { model_list: [model], ...config } })
  const call = caller(gateway)
  const make = async (path: string, body: object) => {
    const { status, json } = await call('POST', path, body)
    expect([path, status]).toEqual([path, 200])
    return json
  }
  const ask = async (key: string, more: object = {}, headers: Record<string, string> = {}) =>
    (await call('POST', '/v1/chat/completions', hello('mock', more), { key, headers })).status
  return { call, make, ask }
}

describe('fields that calls must have', () => {
  it('are those of the configuration and of the key', async () => {
    const { make, ask } = await start({ general_settings: { enforced_params: ['user', 'metadata.project'] } })
    const { key } = await make('/key/generate', {})
    const { key: strict } = await make('/key/generate', { enforced_params: ['metadata.run'] })
    expect(await ask(key)).toBe(400)
    expect(await ask(key, { user: 'ada', metadata: { other: 'x' } })).toBe(400)
    expect(await ask(key, { user: 'ada', metadata: { project: 'x' } })).toBe(200)
    expect(await ask(strict, { user: 'ada', metadata: { project: 'x' } })).toBe(400)
    expect(await ask(strict, { user: 'ada', metadata: { project: 'x', run: 7 } })).toBe(200)
  })

  it('are more for keys without a user', async () => {
    const { make, ask } = await start({ general_settings: { service_account_settings: { enforced_params: ['user'] } } })
    await make('/user/new', { user_id: 'ada' })
    const { key: service } = await make('/key/generate', {})
    const { key: personal } = await make('/key/generate', { user_id: 'ada' })
    expect(await ask(service)).toBe(400)
    expect(await ask(service, { user: 'x' })).toBe(200)
    expect(await ask(personal)).toBe(200)
  })
})

describe('tags', () => {
  it('of clients are refused with reject_clientside_metadata_tags', async () => {
    const { make, ask } = await start({ general_settings: { reject_clientside_metadata_tags: true } })
    const { key } = await make('/key/generate', { tags: ['own'] })
    expect(await ask(key)).toBe(200)
    expect(await ask(key, { metadata: { tags: ['x'] } })).toBe(400)
    expect(await ask(key, { tags: [] })).toBe(400)
    expect(await ask(key, {}, { 'x-litellm-tags': 'x' })).toBe(400)
  })

  it('of a call do not push out those of its key', async () => {
    const { make, ask } = await start({})
    await make('/tag/new', { name: 'own', max_budget: 0 })
    const { key } = await make('/key/generate', { tags: ['own'] })
    const many = Array.from({ length: 60 }, (_, index) => `t${index}`)
    expect(await ask(key, { metadata: { tags: many } })).toBe(422)
  })
})

describe('budgets', () => {
  it('of customers come from max_end_user_budget_id, unless they have one', async () => {
    const { make, ask } = await start({ litellm_settings: { max_end_user_budget_id: 'small' } })
    await make('/budget/new', { budget_id: 'small', max_budget: 0 })
    await make('/budget/new', { budget_id: 'large', max_budget: 10 })
    await make('/customer/new', { user_id: 'known', budget_id: 'large' })
    const { key } = await make('/key/generate', {})
    expect(await ask(key, { user: 'unknown' })).toBe(422)
    expect(await ask(key, { user: 'known' })).toBe(200)
    expect(await ask(key)).toBe(200)
  })

  it('of customers come from max_end_user_budget while the budget of max_end_user_budget_id does not exist', async () => {
    const { make, ask } = await start({
      litellm_settings: { max_end_user_budget_id: 'later', max_end_user_budget: 0 },
    })
    const { key } = await make('/key/generate', {})
    expect(await ask(key, { user: 'ada' })).toBe(422)
    await make('/budget/new', { budget_id: 'later', max_budget: 10 })
    expect(await ask(key, { user: 'ada' })).toBe(200)
  })

  it.each([
    [false, 200],
    [true, 422],
  ])('of users hold for team keys with apply_user_budget_to_team_keys: %s', async (apply, status) => {
    const { make, ask } = await start({ general_settings: { apply_user_budget_to_team_keys: apply } })
    await make('/user/new', { user_id: 'ada', max_budget: 0 })
    await make('/team/new', { team_id: 't' })
    const { key } = await make('/key/generate', { user_id: 'ada', team_id: 't' })
    expect(await ask(key)).toBe(status)
  })

  it('of new teams come from default_team_params', async () => {
    const { make } = await start({ litellm_settings: { default_team_params: { max_budget: 5, rpm_limit: 7 } } })
    expect(await make('/team/new', { rpm_limit: 3 })).toMatchObject({ max_budget: 5, rpm_limit: 3 })
  })
})

describe('key_generation_settings', () => {
  it('name the roles that make keys, and the fields that they must set', async () => {
    const { call, make } = await start({
      litellm_settings: {
        key_generation_settings: {
          personal_key_generation: { allowed_user_roles: ['proxy_admin'] },
          team_key_generation: { allowed_team_member_roles: ['admin', 'user'], required_params: ['tags'] },
        },
      },
    })
    await make('/user/new', { user_id: 'ada' })
    await make('/team/new', { team_id: 't', members_with_roles: [{ user_id: 'ada', role: 'user' }] })
    const { key } = await make('/key/generate', { user_id: 'ada' })
    const generate = async (body: object) => (await call('POST', '/key/generate', body, { key })).status
    expect(await generate({})).toBe(403)
    expect(await generate({ team_id: 't' })).toBe(400)
    expect(await generate({ team_id: 't', tags: ['x'] })).toBe(200)
  })
})
