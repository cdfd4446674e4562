import { type Simulator, startSimulator } from 'llmux/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { caller, master, startGateway } from './start.js'

let simulator: Simulator
let gateway: Awaited<ReturnType<typeof startGateway>>
let call: ReturnType<typeof caller>
let key: string

beforeAll(async () => {
  simulator = await startSimulator()
  const model = (name: string, target: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${target}`, api_key: 'sk-provider', api_base: simulator.openaiBase },
  })
  gateway = await startGateway({
    config: {
      model_list: [model('voice', 'tts-1'), model('ears', 'whisper-1'), model('painter', 'gpt-image-1')],
    },
  })
  call = caller(gateway)
  key = (await call('POST', '/key/generate', { models: ['voice', 'ears', 'painter'], max_budget: 1 })).json.key
})
afterAll(async () => {
  await gateway.stop()
  await simulator.close()
})

const send = (path: string, body: RequestInit['body'], headers: Record<string, string> = {}, token = key) =>
  gateway.fetch(
    new Request(`http://gateway.test${path}`, {
      method: 'POST',
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...headers },
      body: body ?? null,
    }),
  )
const asJson = { 'content-type': 'application/json' }
const spend = async () => (await call('GET', `/key/info?key=${key}`)).json.info.spend as number

it('sends speech as bytes, and books its cost', async () => {
  const before = await spend()
  const text = 'x'.repeat(100)
  const response = await send(
    '/v1/audio/speech',
    JSON.stringify({ model: 'voice', input: text, voice: 'alloy' }),
    asJson,
  )
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/mpeg'])
  expect((await response.arrayBuffer()).byteLength).toBe(1000)
  expect(Number(response.headers.get('x-litellm-response-cost'))).toBeCloseTo(0.0015, 10)
  expect((await spend()) - before).toBeCloseTo(0.0015, 9)
})

it('takes a form with audio', async () => {
  const form = new FormData()
  form.set('model', 'ears')
  form.set('file', new File([new Uint8Array([1, 2])], 'call.mp3', { type: 'audio/mpeg' }))
  form.set('response_format', 'verbose_json')
  const before = await spend()
  const response = await send('/audio/transcriptions', form)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ text: 'This is a simulated transcription.', duration: 3 })
  expect((await spend()) - before).toBeCloseTo(0.0003, 9)
})

it('generates images, also as a stream', async () => {
  const body = { model: 'painter', prompt: 'A bicycle' }
  const whole = await send('/v1/images/generations', JSON.stringify(body), asJson)
  expect(await whole.json()).toMatchObject({ data: [{ b64_json: expect.any(String) }] })
  const stream = await send(
    '/v1/images/generations',
    JSON.stringify({ ...body, stream: true, partial_images: 1 }),
    asJson,
  )
  const text = await stream.text()
  expect(text).toContain('event: image_generation.partial_image')
  expect(text).toContain('event: image_generation.completed')
})

it.each(['/v1/audio/speech', '/audio/speech', '/openai/deployments/voice/audio/speech'])(
  'authorises %s like the rest',
  async (path) => {
    const body = JSON.stringify({ model: 'voice', input: 'Hello', voice: 'alloy' })
    expect((await send(path, body, asJson, '')).status).toBe(401)
    const other = (await call('POST', '/key/generate', { models: ['ears'] })).json.key
    expect((await send(path, body, asJson, other)).status).toBe(403)
    const broke = (await call('POST', '/key/generate', { models: ['voice'], max_budget: 0 })).json.key
    expect((await send(path, body, asJson, broke)).status).not.toBe(200)
    expect((await send(path, body, asJson, master)).status).toBe(200)
  },
)

it('names the field that is missing', async () => {
  const response = await send('/v1/audio/speech', JSON.stringify({ model: 'voice', input: 'Hello' }), asJson)
  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ error: { message: "'voice' must be in the body." } })
})

it('names another way for routes that are not served', async () => {
  const response = await send('/v1/audio/translations', '{}', asJson)
  expect(response.status).toBe(501)
})
