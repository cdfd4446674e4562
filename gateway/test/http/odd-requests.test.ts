import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { errorResponse } from '../../src/http/errors.js'
import { caller, hello, master, startGateway } from './start.js'

let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>
let url: string

beforeAll(async () => {
  const mock = { model: 'openai/gpt-4o', mock_response: 'Hello' }
  gateway = await startGateway({
    config: {
      model_list: [
        { model_name: 'mock', litellm_params: mock },
        { model_name: 'acme/small:v2', litellm_params: mock },
      ],
    },
  })
  call = caller(gateway)
  url = (await gateway.listen({ port: 0 })).url
})
afterAll(() => gateway?.stop())

/** A request whose path is sent as it is. */
async function send(method: string, path: string, body?: string) {
  const { hostname, port } = new URL(url)
  const headers = { authorization: `Bearer ${master}` }
  const request = httpRequest({ hostname, port, method, path, headers })
  request.end(body)
  const [response] = await once(request, 'response')
  return { status: response.statusCode, text: await text(response) }
}

it.each(['//v1/chat/completions', '/v1//chat/completions', '/v1/chat/completions//', '//chat/completions?beta=//'])(
  'answers on a path with a slash too many: %s',
  async (path) => {
    expect(await send('POST', path, JSON.stringify(hello('mock')))).toMatchObject({ status: 200 })
  },
)

it.each(['/health/liveliness', '/health/readiness', '/key/list', '/v1/models', '/'])(
  'answers HEAD %s like GET, without a body',
  async (path) => {
    expect(await send('HEAD', path)).toEqual({ status: 200, text: '' })
  },
)

it.each([
  ['GET', '/v1/models/%ff', 400],
  ['GET', '/key/%E0%A4/regenerate', 400],
  ['TRACE', '/v1/models', 405],
])('refuses %s %s in the envelope of the API', async (method, path, status) => {
  const answer = await send(method, path)
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.text)).toEqual({
    error: { message: expect.any(String), type: 'invalid_request_error', param: null, code: String(status) },
  })
})

it.each(['acme/small:v2', 'acme%2Fsmall%3Av2', 'acme/small%3Av2'])(
  "shows a model whose name has a slash and a colon in OpenAI's form: %s",
  async (name) => {
    const { status, json } = await call('GET', `/v1/models/${name}`)
    expect(status).toBe(200)
    expect(json).toMatchObject({ id: 'acme/small:v2', object: 'model' })
  },
)

const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`

it.each([
  ['/v1/chat/completions', 'messages'],
  ['/v1/messages', 'messages'],
  ['/v1/responses', 'input'],
  ['/v1/embeddings', 'input'],
  ['/v1beta/models/mock:generateContent', 'contents'],
])('refuses lists within lists without end as the fault of the client: %s', async (path, field) => {
  const { status } = await call('POST', path, `{"model":"mock","max_tokens":5,"${field}":${nested}}`)
  expect(status).toBe(400)
})

const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`

it.each([
  ['/key/generate', `{"metadata":${deep}}`],
  ['/v1/chat/completions', `{"model":"mock","messages":[{"role":"user","content":"Hi"}],"metadata":${deep}}`],
])('refuses a body of %s that is nested too deep', async (path, body) => {
  const { status, json } = await call('POST', path, body)
  expect(status).toBe(400)
  expect(json.error).toMatchObject({ type: 'invalid_request_error', message: 'The body must not be nested so deep.' })
})

it('cuts a long name of a model in its message', async () => {
  const { status, text: answer } = await call('POST', '/v1/chat/completions', hello('x'.repeat(100_000)))
  expect(status).toBe(400)
  expect(answer.length).toBeLessThan(500)
})

it.each([
  ['ERR_SQLITE_ERROR', 'database or disk is full', 'has no room left'],
  ['SQLITE_READONLY', 'attempt to write a readonly database', 'is read-only'],
  ['ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:5432', "can't be reached"],
  ['57P01', 'terminating connection due to administrator command', "can't be reached"],
  [undefined, 'Connection terminated unexpectedly', "can't be reached"],
])('answers 503 without details if the database fails with %s', (code, message, reason) => {
  const { status, headers, body } = errorResponse(Object.assign(new Error(message), { code }), 'openai')
  expect([status, headers['retry-after']]).toEqual([503, '5'])
  expect(JSON.parse(body).error).toMatchObject({
    type: 'service_unavailable_error',
    message: `The database ${reason}. Nothing was changed; try again later.`,
  })
})
