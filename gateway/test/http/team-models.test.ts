import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, hello, startGateway } from './start.js'

let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>
const keys: Record<string, string> = {}

const mock = (model_name: string, text: string, model_info: object = {}, model = 'openai/gpt-4o') => ({
  model_name,
  litellm_params: { model, mock_response: text, api_key: 'sk-of-the-provider' },
  model_info,
})

beforeAll(async () => {
  gateway = await startGateway({
    config: {
      model_list: [
        mock('smart', 'of all'),
        mock('smart', 'of red', { team_id: 'red' }),
        mock('open/*', 'any of red', { team_id: 'red' }, 'openai/*'),
      ],
      router_settings: { model_group_alias: { clever: 'smart' } },
    },
  })
  call = caller(gateway)
  for (const team_id of ['red', 'blue']) {
    await call('POST', '/team/new', { team_id, models: ['smart'], members_with_roles: [] })
    keys[team_id] = (await call('POST', '/key/generate', { team_id })).json.key
  }
  keys.personal = (await call('POST', '/key/generate', {})).json.key
  // as LiteLLM names such a model in its database
  const stored = mock('model_name_red_7f0c', 'stored of red', {
    team_id: 'red',
    team_public_model_name: 'own',
    id: 'o',
  })
  expect((await call('POST', '/model/new', stored)).status).toBe(200)
})

afterAll(() => gateway?.stop())

const ask = async (key: string | undefined, model: string) => {
  const { status, json } = await call('POST', '/v1/chat/completions', hello(model), { key })
  return status === 200 ? json.choices[0].message.content : status
}
const listed = async (path: string, key?: string) => {
  const { json } = await call('GET', path, undefined, { key })
  return json.data.map((row: Record<string, string>) => row.id ?? row.model_group ?? row.model_name)
}

describe('a model of one team', () => {
  it('takes the calls of its team, before a model of the same name', async () => {
    expect(await ask(keys.red, 'smart')).toBe('of red')
    expect(await ask(keys.red, 'own')).toBe('stored of red')
    expect(await ask(keys.red, 'open/gpt-4o-mini')).toBe('any of red')
    expect(await ask(keys.blue, 'smart')).toBe('of all')
    expect(await ask(keys.personal, 'smart')).toBe('of all')
    expect(await ask(keys.red, 'clever')).toBe('of all')
  })

  it('is closed to other callers, by every name', async () => {
    for (const key of [keys.blue, keys.personal]) {
      for (const model of ['model_name_red_smart', 'model_name_red_own', 'model_name_red_open/gpt-4o', 'o'])
        expect([model, await ask(key, model)]).toEqual([model, 403])
      expect([403, 400]).toContain(await ask(key, 'own'))
      const fallback = hello('smart', { fallbacks: ['model_name_red_own'] })
      expect((await call('POST', '/v1/chat/completions', fallback, { key })).status).toBe(403)
    }
  })

  it('is listed for its team alone, by its own name', async () => {
    expect(await listed('/v1/models', keys.red)).toEqual(expect.arrayContaining(['smart', 'own', 'open/gpt-4o']))
    expect(await listed('/v1/models', keys.blue)).toEqual(['smart'])
    expect(await listed('/v1/models', keys.personal)).toEqual(['clever', 'smart'])
    expect(await listed('/model_group/info', keys.red)).toEqual(expect.arrayContaining(['smart', 'own']))
    expect(await listed('/model_group/info', keys.blue)).toEqual(['clever', 'smart'])
    const { json } = await call('GET', '/model/info', undefined, { key: keys.blue })
    expect(json.data).toHaveLength(1)
    expect((await call('GET', '/v1/models/own', undefined, { key: keys.red })).json.id).toBe('own')
    expect((await call('GET', '/v1/models/own', undefined, { key: keys.blue })).status).toBe(404)
  })

  it('is called by admins by the name of its group', async () => {
    expect(await ask(undefined, 'model_name_red_own')).toBe('stored of red')
    expect(await listed('/v1/models')).toEqual(expect.arrayContaining(['model_name_red_own', 'model_name_red_smart']))
  })

  it('counts on limits by its own name', async () => {
    const limited = { team_id: 'red', models: ['own'], model_max_budget: { own: { max_budget: 0 } } }
    const { key } = (await call('POST', '/key/generate', limited)).json
    expect(await ask(key, 'smart')).toBe(403)
    expect(await ask(key, 'own')).toBe(422)
  })
})

it('takes names of properties for names of models', async () => {
  const open = await startGateway({ config: { model_list: [mock('*', 'Hello', {}, 'openai/*')] } })
  try {
    const key = (await caller(open)('POST', '/key/generate', {})).json.key
    const { status } = await caller(open)('POST', '/v1/chat/completions', hello('constructor'), { key })
    expect(status).toBe(200)
  } finally {
    await open.stop()
  }
})
