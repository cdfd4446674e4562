// Shows the gateway with a simulated provider: no key, no network. `npm run demo:gateway`
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import { startSimulator } from 'llmux/testing'
import { createGateway } from 'llmux-gateway'
import OpenAI from 'openai'

const data = mkdtempSync(join(tmpdir(), 'llmux-demo-'))
const simulator = await startSimulator()
const openai = { api_base: simulator.openaiBase, api_key: 'simulated' }
const gateway = await createGateway({
  data,
  environment: {},
  config: {
    model_list: [
      { model_name: 'gpt-4o', litellm_params: { model: 'openai/gpt-4o', ...openai } },
      { model_name: 'broken', litellm_params: { model: 'openai/fail-500', ...openai } },
    ],
    router_settings: { num_retries: 0, fallbacks: [{ broken: ['gpt-4o'] }] },
  },
})
const { url } = await gateway.listen({ port: 0 })
const admin = gateway.masterKey.value
console.log(`gateway on ${url}, with a simulated provider behind it\n`)

async function post(path, body, key = admin) {
  const text = JSON.stringify(body)
  console.log(`$ curl ${url}${path} -H "authorization: Bearer ${key === admin ? '$ADMIN' : '$KEY'}" -d '${text}'`)
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: text,
  })
  return { status: response.status, headers: response.headers, json: await response.json() }
}
const show = (...words) => console.log('  ', ...words, '\n')

const made = await post('/key/generate', { models: ['gpt-4o', 'broken'], max_budget: 0.001, key_alias: 'demo' })
const { key } = made.json
show('a virtual key with a budget:', made.json.key_name)

const messages = [{ role: 'user', content: 'Say hello' }]
const first = await post('/v1/chat/completions', { model: 'gpt-4o', messages }, key)
show(first.json.choices[0].message.content, `— $${first.headers.get('x-litellm-response-cost')}`)

const second = await post('/v1/chat/completions', { model: 'broken', messages }, key)
show(`answered by ${second.headers.get('x-litellm-model-group')} after a fallback`)

console.log("new OpenAI({ baseURL: url + '/v1', apiKey: key }).chat.completions.create({ stream: true, … })")
let streamed = ''
const stream = await new OpenAI({ baseURL: `${url}/v1`, apiKey: key }).chat.completions.create({
  model: 'gpt-4o',
  messages,
  stream: true,
})
for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? ''
show(streamed)

console.log('new Anthropic({ baseURL: url, apiKey: key }).messages.create(…), on a model of OpenAI')
const message = await new Anthropic({ baseURL: url, apiKey: key }).messages.create({
  model: 'gpt-4o',
  max_tokens: 100,
  messages,
})
show(message.content[0].text)

const refused = await post('/v1/chat/completions', { model: 'gpt-4o-mini', messages }, key)
show(refused.status, refused.json.error.message)

let last
for (let calls = 0; calls < 50 && last?.status !== 422; calls++)
  last = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'gpt-4o', messages }),
  })
console.log('more calls, until the budget is used up')
show(last.status, (await last.json()).error.message)

const info = await (await fetch(`${url}/key/info?key=${key}`, { headers: { authorization: `Bearer ${admin}` } })).json()
console.log(`spend of the key: $${info.info.spend} of $${info.info.max_budget}`)

await gateway.close()
await simulator.close()
rmSync(data, { recursive: true, force: true })
