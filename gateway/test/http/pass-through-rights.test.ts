import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, master, startGateway } from './start.js'

const seen: IncomingMessage[] = []
const server = createServer((request, response) => {
  seen.push(request)
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"data":[]}'))
})
let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const secret = { token: 'nested-secret', kept: 1 }
  gateway = await startGateway({
    environment: { OTHER_KEY: 'other-secret' },
    config: {
      model_list: [
        { model_name: 'm', litellm_params: { model: 'openai/gpt-4o', api_key: 'x', extra_body: { deep: [secret] } } },
      ],
      general_settings: {
        pass_through_endpoints: [
          { path: '/other', target, include_subpath: true, headers: { Authorization: 'bearer os.environ/OTHER_KEY' } },
        ],
      },
    },
  })
  call = caller(gateway)
})

afterAll(async () => {
  await gateway?.stop()
  server.close()
})

const make = async (path: string, body: object, key = master) => await call('POST', path, body, { key })
const reach = async (key: string) => (await call('GET', '/other/files', undefined, { key })).status

describe('pass-through routes to the data of an account', () => {
  it('are opened by admins, on a key or on its team', async () => {
    const keyWith = async (fields: object) => (await make('/key/generate', fields)).json.key
    expect(await reach(await keyWith({}))).toBe(403)
    expect(await reach(await keyWith({ allowed_routes: ['/other/*'] }))).toBe(200)
    expect(await reach(await keyWith({ allowed_passthrough_routes: ['/other'] }))).toBe(200)
    expect(await reach(await keyWith({ allowed_passthrough_routes: ['/oth'] }))).toBe(403)
    await make('/team/new', { team_id: 'open', allowed_passthrough_routes: ['/other/*'] })
    expect(await reach(await keyWith({ team_id: 'open' }))).toBe(200)
    expect(seen.at(-1)?.headers.authorization).toBe('bearer other-secret')
  })

  it('are opened by nobody else', async () => {
    await make('/user/new', { user_id: 'ada' })
    await make('/team/new', { team_id: 't', members_with_roles: [{ user_id: 'ada', role: 'admin' }] })
    const { key } = (await make('/key/generate', { user_id: 'ada' })).json
    const grants = [
      { allowed_routes: ['/other/*'] },
      { allowed_routes: ['/*'] },
      { allowed_routes: ['llm_api_routes', '/openai/v1/files'] },
      { allowed_passthrough_routes: ['/other'] },
      { metadata: { allowed_passthrough_routes: ['/other'] } },
    ]
    for (const grant of grants) {
      for (const owner of [{}, { team_id: 't' }]) {
        const body = { ...grant, ...owner }
        expect([body, (await make('/key/generate', body, key)).status]).toEqual([body, 403])
      }
      const { key: ofTeam } = (await make('/key/generate', { team_id: 't' }, key)).json
      expect((await make('/key/update', { key: ofTeam, ...grant }, key)).status).toBe(403)
      expect((await make('/key/regenerate', { key: ofTeam, ...grant }, key)).status).toBe(403)
    }
    const team = { team_id: 't', allowed_passthrough_routes: ['/other'] }
    expect((await make('/team/update', team, key)).status).toBe(403)
    const narrow = await make('/key/generate', { allowed_routes: ['llm_api_routes', '/v1/embeddings'] }, key)
    expect(narrow.status).toBe(200)
    expect(await reach(narrow.json.key)).toBe(403)
  })
})

it('shows parameters of deployments without secrets at any depth', async () => {
  const { text, json } = await call('GET', '/model/info')
  expect(text).not.toContain('nested-secret')
  expect(json.data[0].litellm_params.extra_body).toEqual({ deep: [{ kept: 1 }] })
})
