import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caller, hello, master, startGateway } from '../http/start.js'

let gateway: Awaited<ReturnType<typeof startGateway>>
let url = ''
let ask: ReturnType<typeof caller>

beforeAll(async () => {
  gateway = await startGateway({
    config: { model_list: [{ model_name: 'echo', litellm_params: { model: 'openai/gpt-4o', mock_response: 'Hi' } }] },
  })
  url = (await gateway.listen({ port: 0 })).url
  ask = caller(gateway)
})
afterAll(async () => await gateway.stop())

/** Reads events until there is one, or the response ends. */
async function firstCall(response: Response): Promise<Record<string, unknown>> {
  let text = ''
  for await (const part of response.body ?? []) {
    text += Buffer.from(part).toString()
    const found = /^data: (.+)$/m.exec(text)?.[1]
    if (found) return JSON.parse(found) as Record<string, unknown>
  }
  throw new Error(`no event: ${text}`)
}

const open = (query: string, key: string, abort: AbortController) =>
  fetch(`${url}/dashboard/tail${query}`, { headers: { authorization: `Bearer ${key}` }, signal: abort.signal })

describe('the tail of the logs', () => {
  it('sends a new call, and not those of before', async () => {
    await ask('POST', '/v1/chat/completions', hello('echo', { user: 'before' }))
    const abort = new AbortController()
    const response = await open('', master, abort)
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    await ask('POST', '/v1/chat/completions', hello('echo', { user: 'after' }))
    expect(await firstCall(response)).toMatchObject({ model_group: 'echo', end_user: 'after', status: 'success' })
    abort.abort()
  })

  it('sends a user the own calls only, and keeps to the filters', async () => {
    const { json: mine } = await ask('POST', '/user/new', { user_id: 'ada', user_role: 'internal_user' })
    const { json: theirs } = await ask('POST', '/user/new', { user_id: 'alan', user_role: 'internal_user' })
    const abort = new AbortController()
    const response = await open('?customer_id=wanted', mine.key, abort)
    await ask('POST', '/v1/chat/completions', hello('echo', { user: 'wanted' }), { key: theirs.key })
    await ask('POST', '/v1/chat/completions', hello('echo', { user: 'other' }), { key: mine.key })
    await ask('POST', '/v1/chat/completions', hello('echo', { user: 'wanted' }), { key: mine.key })
    expect(await firstCall(response)).toMatchObject({ end_user: 'wanted', user: 'ada' })
    abort.abort()
  })

  it('refuses a request without a key, and a wrong filter', async () => {
    expect((await open('', 'sk-wrong', new AbortController())).status).toBe(401)
    const wrong = await open('?status_filter=maybe', master, new AbortController())
    expect(wrong.status).toBe(400)
    expect(await wrong.text()).toContain("'status_filter' must be 'success' or 'failure'; got 'maybe'.")
  })
})
