// The contestants. The floor is handwritten code with undici, JSON.parse and eventsource-parser, for one provider and
// without errors, retries, time limits or checks.
import { createParser } from 'eventsource-parser'
import { request } from 'undici'
import { inputs, messages } from './shapes.mjs'

const KEY = 'sk-bench'

function floor(origin) {
  const openai = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
  const anthropic = { 'content-type': 'application/json', 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }
  const post = (path, headers, body) => request(origin + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const whole = async (path, headers, body) => JSON.parse(await (await post(path, headers, body)).body.text())
  const events = async (path, headers, body, text) => {
    let length = 0
    const parser = createParser({
      onEvent({ data }) {
        if (data !== '[DONE]') length += text(JSON.parse(data))?.length ?? 0
      },
    })
    const decoder = new TextDecoder()
    const response = await post(path, headers, { ...body, stream: true })
    for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }))
    return length
  }
  const chat = { model: 'gpt-4o', max_tokens: 256, messages }
  const claude = () => {
    const [{ content: system }, ...rest] = messages
    return { model: 'claude-sonnet-4-20250514', max_tokens: 256, system, messages: rest }
  }
  const embed = { model: 'text-embedding-3-small', input: inputs, encoding_format: 'base64' }
  const vectors = async () => {
    const { data } = await whole('/v1/embeddings', openai, embed)
    return data.map(({ embedding }) => {
      const bytes = Buffer.from(embedding, 'base64')
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    })
  }
  return {
    chat: async () => (await whole('/v1/chat/completions', openai, chat)).choices[0].message.content.length,
    stream: () => events('/v1/chat/completions', openai, chat, (value) => value.choices[0]?.delta?.content),
    anthropicChat: async () => (await whole('/v1/messages', anthropic, claude())).content[0].text.length,
    anthropicStream: () => events('/v1/messages', anthropic, claude(), (value) => value.delta?.text),
    shortStream: () => events('/short/v1/chat/completions', openai, chat, (value) => value.choices[0]?.delta?.content),
    responsesCall: async () => {
      const body = { model: 'gpt-4o', max_output_tokens: 256, input: messages }
      return (await whole('/v1/responses', openai, body)).output[0].content[0].text.length
    },
    geminiChat: async () => {
      const [{ content: system }, ...rest] = messages
      const contents = rest.map(({ role, content }) => ({
        role: role === 'assistant' ? 'model' : 'user',
        parts: [{ text: content }],
      }))
      const body = {
        contents,
        systemInstruction: { parts: [{ text: system }] },
        generationConfig: { maxOutputTokens: 256 },
      }
      const headers = { 'content-type': 'application/json', 'x-goog-api-key': KEY }
      const { candidates } = await whole('/v1beta/models/gemini-2.5-flash:generateContent', headers, body)
      return candidates[0].content.parts[0].text.length
    },
    converseChat: async () => {
      const [{ content: system }, ...rest] = messages
      const turns = rest.map(({ role, content }) => ({ role, content: [{ text: content }] }))
      const body = { messages: turns, system: [{ text: system }], inferenceConfig: { maxTokens: 256 } }
      return (await whole('/model/amazon.nova-pro-v1%3A0/converse', openai, body)).output.message.content[0].text.length
    },
    cohereChat: async () => {
      const body = { model: 'command-a-03-2025', max_tokens: 256, messages }
      return (await whole('/v2/chat', openai, body)).message.content[0].text.length
    },
    embedFloat32: async () => (await vectors()).reduce((sum, vector) => sum + vector.length, 0),
    embedArray: async () =>
      (await vectors()).map((vector) => Array.from(vector)).reduce((sum, vector) => sum + vector.length, 0),
  }
}

async function llmux(origin) {
  const { completion, embedding, responses } = await import('../dist/index.js')
  const openai = { model: 'openai/gpt-4o', max_tokens: 256, messages, apiKey: KEY, apiBase: `${origin}/v1` }
  const anthropic = { ...openai, model: 'anthropic/claude-sonnet-4-20250514', apiBase: origin }
  const gemini = { ...openai, model: 'gemini/gemini-2.5-flash', apiBase: `${origin}/v1beta` }
  const converse = { ...openai, model: 'bedrock/amazon.nova-pro-v1:0', apiBase: origin, region: 'us-east-1' }
  const cohere = { ...openai, model: 'cohere/command-a-03-2025', apiBase: origin }
  const short = { ...openai, apiBase: `${origin}/short/v1` }
  const inResponses = {
    model: 'openai/gpt-4o',
    max_output_tokens: 256,
    input: messages,
    apiKey: KEY,
    apiBase: `${origin}/v1`,
  }
  const embed = { model: 'openai/text-embedding-3-small', input: inputs, apiKey: KEY, apiBase: `${origin}/v1` }
  const base64 = { ...embed, encoding_format: 'base64' }
  const whole = async (call) => (await completion(call)).choices[0].message.content.length
  const chunks = async (call) => {
    let length = 0
    for await (const chunk of await completion({ ...call, stream: true })) {
      length += chunk.choices[0]?.delta.content?.length ?? 0
    }
    return length
  }
  const vectors = async (call) =>
    (await embedding(call)).data.reduce((sum, { embedding: vector }) => sum + vector.length, 0)
  return {
    chat: () => whole(openai),
    stream: () => chunks(openai),
    anthropicChat: () => whole(anthropic),
    anthropicStream: () => chunks(anthropic),
    shortStream: () => chunks(short),
    responsesCall: async () => (await responses(inResponses)).output[0].content[0].text.length,
    geminiChat: () => whole(gemini),
    converseChat: () => whole(converse),
    cohereChat: () => whole(cohere),
    embedFloat32: () => vectors({ ...base64, vectorType: 'float32' }),
    embedArray: () => vectors(base64),
  }
}

export const contestants = { floor, llmux }
