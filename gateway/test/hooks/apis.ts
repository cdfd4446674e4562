import type { Gateway } from '../../src/gateway.js'
import { master } from '../http/start.js'

/** The four APIs of clients, with text completions and Gemini's array of events on top. */
export const apis = ['chat', 'completion', 'messages', 'responses', 'gemini', 'gemini array'] as const
export type Api = (typeof apis)[number]

export interface Asked {
  readonly status: number
  readonly headers: Headers
  /** The text of the answer. */
  readonly text: string
  /** Error of the response or of its stream. */
  readonly error: Record<string, unknown> | undefined
  /** The response, or its events. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
  readonly data: any[]
  readonly raw: string
}

/** Asks a model through a socket, and reads the answer as a client of the API does. */
export async function ask(
  { url }: { readonly url: string },
  api: Api,
  content: string,
  {
    stream = false,
    model = 'fast',
    key = master,
    more = {},
  }: { stream?: boolean; model?: string; key?: string; more?: object } = {},
): Promise<Asked> {
  const { path, body } = requestOf(api, model, content, stream)
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, ...more }),
  })
  const raw = await response.text()
  const events = response.headers.get('content-type')?.includes('event-stream')
  const parsed: unknown[] = events ? eventsOf(raw) : [JSON.parse(raw)].flat()
  // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
  const data = parsed as any[]
  const error = data.map((one) => one.error).find((one) => one !== undefined && one !== null)
  return {
    status: response.status,
    headers: response.headers,
    text: data.map((one) => textOf(one, response.ok && stream)).join(''),
    ...{ error, data, raw },
  }
}

function requestOf(api: Api, model: string, content: string, stream: boolean) {
  const messages = [{ role: 'user', content }]
  switch (api) {
    case 'chat':
      return { path: '/v1/chat/completions', body: { model, messages, stream } }
    case 'completion':
      return { path: '/v1/completions', body: { model, prompt: content, stream } }
    case 'messages':
      return { path: '/v1/messages', body: { model, messages, stream, max_tokens: 500 } }
    case 'responses':
      return { path: '/v1/responses', body: { model, input: content, stream } }
    default: {
      const method = stream ? `streamGenerateContent${api === 'gemini' ? '?alt=sse' : ''}` : 'generateContent'
      return {
        path: `/v1beta/models/${model}:${method}`,
        body: { contents: [{ role: 'user', parts: [{ text: content }] }] },
      }
    }
  }
}

const eventsOf = (raw: string): unknown[] =>
  raw
    .split('\n')
    .filter((line) => line.startsWith('data:') && !line.includes('[DONE]'))
    .map((line) => JSON.parse(line.slice(5)))

// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
function textOf(data: any, streamed: boolean): string {
  if (data.type === 'response.output_text.delta') return data.delta
  if (data.type === 'content_block_delta') return data.delta.text ?? ''
  if (data.candidates)
    return data.candidates[0].content?.parts?.map((part: { text: string }) => part.text).join('') ?? ''
  if (streamed && data.choices) return data.choices[0]?.delta?.content ?? data.choices[0]?.text ?? ''
  if (data.choices) return data.choices[0].message?.content ?? data.choices[0].text
  if (data.content) return data.content[0]?.text ?? ''
  if (data.output) return data.output[0].content[0].text
  return ''
}

/** Spend of a key, after it has been booked. */
export async function spendOf({ url }: { readonly url: string }, key: string): Promise<number> {
  const response = await fetch(`${url}/key/info?key=${key}`, { headers: { authorization: `Bearer ${master}` } })
  const { info } = (await response.json()) as { info: { spend: number } }
  return info.spend
}

export async function newKey({ url }: { readonly url: string }, params: object = {}): Promise<string> {
  const response = await fetch(`${url}/key/generate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${master}`, 'content-type': 'application/json' },
    body: JSON.stringify(params),
  })
  const { key } = (await response.json()) as { key: string }
  return key
}

export type Listening = Gateway & { readonly url: string }
