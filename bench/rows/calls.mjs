// A call that isn't streamed, by dialect and concurrency. The floor is handwritten code with undici and JSON.parse, for one provider and
// without errors, retries, time limits or checks.
import { Agent, request } from 'undici'
import { peer } from '../peers.mjs'
import { messages } from '../shapes.mjs'

export const title = 'Calls'

const KEY = 'sk-bench'
const [{ content: system }, ...rest] = messages

function floor(origin) {
  const openai = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
  const anthropic = { 'content-type': 'application/json', 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }
  const gemini = { 'content-type': 'application/json', 'x-goog-api-key': KEY }
  const whole = async (path, headers, body) => {
    const response = await request(origin + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return JSON.parse(await response.body.text())
  }
  return {
    openai: async () => {
      const body = { model: 'gpt-4o', max_tokens: 256, messages }
      return (await whole('/v1/chat/completions', openai, body)).choices[0].message.content.length
    },
    anthropic: async () => {
      const body = { model: 'claude-sonnet-4-20250514', max_tokens: 256, system, messages: rest }
      return (await whole('/v1/messages', anthropic, body)).content[0].text.length
    },
    responses: async () => {
      const body = { model: 'gpt-4o', max_output_tokens: 256, input: messages }
      return (await whole('/v1/responses', openai, body)).output[0].content[0].text.length
    },
    gemini: async () => {
      const contents = rest.map(({ role, content }) => ({
        role: role === 'assistant' ? 'model' : 'user',
        parts: [{ text: content }],
      }))
      const systemInstruction = { parts: [{ text: system }] }
      const body = { contents, systemInstruction, generationConfig: { maxOutputTokens: 256 } }
      const { candidates } = await whole('/v1beta/models/gemini-2.5-flash:generateContent', gemini, body)
      return candidates[0].content.parts[0].text.length
    },
    converse: async () => {
      const turns = rest.map(({ role, content }) => ({ role, content: [{ text: content }] }))
      const body = { messages: turns, system: [{ text: system }], inferenceConfig: { maxTokens: 256 } }
      return (await whole('/model/amazon.nova-pro-v1%3A0/converse', openai, body)).output.message.content[0].text.length
    },
    cohere: async () => {
      const body = { model: 'command-a-03-2025', max_tokens: 256, messages }
      return (await whole('/v2/chat', openai, body)).message.content[0].text.length
    },
  }
}

async function llmux(origin, dist) {
  const { completion, responses } = await import(dist)
  const openai = { model: 'openai/gpt-4o', max_tokens: 256, messages, apiKey: KEY, apiBase: `${origin}/v1` }
  const whole = async (call) => (await completion(call)).choices[0].message.content.length
  const given = {
    model: 'openai/gpt-4o',
    max_output_tokens: 256,
    input: messages,
    apiKey: KEY,
    apiBase: `${origin}/v1`,
  }
  const anthropic = { ...openai, model: 'anthropic/claude-sonnet-4-20250514', apiBase: origin }
  const gemini = { ...openai, model: 'gemini/gemini-2.5-flash', apiBase: `${origin}/v1beta` }
  const converse = { ...openai, model: 'bedrock/amazon.nova-pro-v1:0', apiBase: origin, region: 'us-east-1' }
  const cohere = { ...openai, model: 'cohere/command-a-03-2025', apiBase: origin }
  return {
    openai: () => whole(openai),
    anthropic: () => whole(anthropic),
    gemini: () => whole(gemini),
    converse: () => whole(converse),
    cohere: () => whole(cohere),
    responses: async () => (await responses(given)).output[0].content[0].text.length,
  }
}

/** undici.dispatch() and JSON.parse(): the least that a call costs over undici. */
async function dispatch(origin) {
  const agent = new Agent()
  const headers = ['content-type', 'application/json', 'authorization', `Bearer ${KEY}`]
  const whole = (path, body) =>
    new Promise((resolve, reject) => {
      const chunks = []
      const handler = {
        onConnect() {},
        onHeaders: () => true,
        onData: (bytes) => chunks.push(bytes) > 0,
        onComplete: () => resolve(JSON.parse(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))),
        onError: reject,
      }
      agent.dispatch({ origin, path, method: 'POST', headers, body: JSON.stringify(body) }, handler)
    })
  const body = { model: 'gpt-4o', max_tokens: 256, messages }
  return { openai: async () => (await whole('/v1/chat/completions', body)).choices[0].message.content.length }
}

async function openai(origin) {
  const { default: OpenAI } = await peer('openai')
  const client = new OpenAI({ apiKey: KEY, baseURL: `${origin}/v1`, maxRetries: 2 })
  const body = { model: 'gpt-4o', max_tokens: 256, messages }
  const given = { model: 'gpt-4o', max_output_tokens: 256, input: messages }
  return {
    openai: async () => (await client.chat.completions.create(body)).choices[0].message.content.length,
    responses: async () => (await client.responses.create(given)).output_text.length,
  }
}

async function anthropicSdk(origin) {
  const { default: Anthropic } = await peer('@anthropic-ai/sdk')
  const client = new Anthropic({ apiKey: KEY, baseURL: origin })
  const body = { model: 'claude-sonnet-4-20250514', max_tokens: 256, system, messages: rest }
  return { anthropic: async () => (await client.messages.create(body)).content[0].text.length }
}

async function aiSdk(origin) {
  const { generateText } = await peer('ai')
  const { createOpenAI } = await peer('@ai-sdk/openai')
  const model = createOpenAI({ apiKey: KEY, baseURL: `${origin}/v1` }).chat('gpt-4o')
  const call = { model, maxOutputTokens: 256, messages, allowSystemInMessages: true }
  return { openai: async () => (await generateText(call)).text.length }
}

async function langchain(origin) {
  const { ChatOpenAI } = await peer('@langchain/openai')
  const model = new ChatOpenAI({
    apiKey: KEY,
    model: 'gpt-4o',
    maxTokens: 256,
    configuration: { baseURL: `${origin}/v1` },
  })
  const given = messages.map(({ role, content }) => [role, content])
  return { openai: async () => (await model.invoke(given)).content.length }
}

async function tokenJs(origin) {
  const { TokenJS } = await peer('token.js')
  const client = new TokenJS({ apiKey: KEY, baseURL: `${origin}/v1` })
  const call = { provider: 'openai', model: 'gpt-4o', max_tokens: 256, messages }
  return { openai: async () => (await client.chat.completions.create(call)).choices[0].message.content.length }
}

export const contestants = {
  floor,
  llmux,
  dispatch,
  openai,
  'anthropic-sdk': anthropicSdk,
  'ai-sdk': aiSdk,
  langchain,
  'token.js': tokenJs,
}

const rows = [
  ...[1, 16, 64, 256].map((width) => ({ task: 'openai', name: 'OpenAI', width, target: 0.85 })),
  ...[1, 16, 64, 256].map((width) => ({ task: 'anthropic', name: 'Anthropic', width, target: 0.9 })),
  ...[
    ['gemini', 'Gemini'],
    ['converse', 'Converse'],
    ['cohere', 'Cohere'],
    ['responses', 'Responses'],
  ].map(([task, name]) => ({ task, name, width: 16, target: 1 })),
]

export async function run(bench) {
  for (const { task, name, width, target } of rows) {
    // V8 compiles the code of a call until about 3,800 calls: the rows are those of a warm process, and the first 300 calls have one of their own
    const [count, warm] = width === 1 ? [600, 7] : [1_500, 3]
    await bench.compare({ title: `${name}, ${width} at a time`, task, width, count, warm, target })
  }
}
