// Streams: a chunk of a long one, and a short one as a whole.
import { createParser } from 'eventsource-parser'
import { request } from 'undici'
import { CHUNKS, messages } from '../shapes.mjs'

export const title = 'Streams'

const KEY = 'sk-bench'

function floor(origin) {
  const openai = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` }
  const anthropic = { 'content-type': 'application/json', 'x-api-key': KEY, 'anthropic-version': '2023-06-01' }
  const events = async (path, headers, body, text) => {
    let length = 0
    const parser = createParser({
      onEvent({ data }) {
        if (data !== '[DONE]') length += text(JSON.parse(data))?.length ?? 0
      },
    })
    const decoder = new TextDecoder()
    const sent = JSON.stringify({ ...body, stream: true })
    const response = await request(origin + path, { method: 'POST', headers, body: sent })
    for await (const bytes of response.body) parser.feed(decoder.decode(bytes, { stream: true }))
    return length
  }
  const chat = { model: 'gpt-4o', max_tokens: 256, messages }
  const delta = (value) => value.choices[0]?.delta?.content
  const claude = () => {
    const [{ content: system }, ...rest] = messages
    return { model: 'claude-sonnet-4-20250514', max_tokens: 256, system, messages: rest }
  }
  return {
    openai: () => events('/v1/chat/completions', openai, chat, delta),
    anthropic: () => events('/v1/messages', anthropic, claude(), (value) => value.delta?.text),
    short: () => events('/short/v1/chat/completions', openai, chat, delta),
  }
}

async function llmux(origin, dist) {
  const { completion } = await import(dist)
  const openai = { model: 'openai/gpt-4o', max_tokens: 256, messages, apiKey: KEY, apiBase: `${origin}/v1` }
  const chunks = async (call) => {
    let length = 0
    for await (const chunk of await completion({ ...call, stream: true })) {
      length += chunk.choices[0]?.delta.content?.length ?? 0
    }
    return length
  }
  return {
    openai: () => chunks(openai),
    anthropic: () => chunks({ ...openai, model: 'anthropic/claude-sonnet-4-20250514', apiBase: origin }),
    short: () => chunks({ ...openai, apiBase: `${origin}/short/v1` }),
  }
}

export const contestants = { floor, llmux }

export async function run(bench) {
  await bench.compare({ title: 'stream of five chunks', task: 'short', width: 1, count: 400, target: 1 })
  const long = { width: 1, count: 20, per: CHUNKS, unit: 'chunk', target: 0.8 }
  await bench.compare({ title: 'stream, coalesced', task: 'openai', ...long })
  await bench.compare({ title: 'stream of Anthropic, coalesced', task: 'anthropic', ...long })
}
