import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tool } from '../../src/types/chat.js'
import type { Message } from '../../src/types/messages.js'
import { toOpenAI } from '../corpus/request/anthropic.js'
import { type Fields, isObject, list, object, text } from '../corpus/wire/json.js'
import type { Recording } from '../corpus/wire/recording.js'
import { fromConverse, fromGemini } from './from-native.js'

/** A recorded call: its request in OpenAI's shape, and what the provider counted. */
export interface Sample {
  readonly id: string
  readonly provider: string
  readonly model: string
  readonly request: { model: string; messages: Message[]; tools?: Tool[]; [field: string]: unknown }
  /** Every token of the prompt, cached ones included. */
  readonly prompt: number
  /** The whole answer and its tokens, where it is nothing but text. */
  readonly answer?: { readonly text: string; readonly tokens: number }
}

interface Shape {
  readonly request: (body: Fields) => Fields
  readonly prompt: (usage: Fields) => number
  readonly output: (usage: Fields) => number
  readonly usage: (event: Fields) => unknown
  readonly text: (event: Fields) => string | undefined
}

const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

const openai: Shape = {
  request: (body) => body,
  prompt: ({ prompt_tokens }) => number(prompt_tokens),
  output: (usage) =>
    number(object(usage.completion_tokens_details).reasoning_tokens) > 0 ? 0 : number(usage.completion_tokens),
  usage: (event) => event.usage ?? object(event.x_groq).usage,
  text: (event) => {
    const choice = object(list(event.choices)[0])
    const said = object(choice.message ?? choice.delta)
    if (said.tool_calls || said.reasoning_content || said.reasoning || said.function_call) return undefined
    return list(event.choices).length > 1 ? undefined : text(said.content)
  },
}

const anthropic: Shape = {
  request: toOpenAI,
  prompt: (u) => number(u.input_tokens) + number(u.cache_read_input_tokens) + number(u.cache_creation_input_tokens),
  output: ({ output_tokens }) => number(output_tokens),
  usage: (event) => event.usage ?? object(event.message).usage,
  text: (event) => {
    if (event.content) {
      const blocks = list(event.content).map(object)
      return blocks.every(({ type }) => type === 'text') ? blocks.map((block) => text(block.text)).join('') : undefined
    }
    const kind = object(event.content_block).type
    if (kind !== undefined && kind !== 'text') return undefined
    return text(object(event.delta).text)
  },
}

const gemini: Shape = {
  request: fromGemini,
  prompt: ({ promptTokenCount }) => number(promptTokenCount),
  output: (usage) => (number(usage.thoughtsTokenCount) > 0 ? 0 : number(usage.candidatesTokenCount)),
  usage: (event) => event.usageMetadata,
  text: (event) => {
    const parts = list(object(object(list(event.candidates)[0]).content).parts).map(object)
    return parts.every((part) => typeof part.text === 'string')
      ? parts.map((part) => text(part.text)).join('')
      : undefined
  },
}

const converse: Shape = {
  request: fromConverse,
  prompt: (u) => number(u.inputTokens) + number(u.cacheReadInputTokens) + number(u.cacheWriteInputTokens),
  output: ({ outputTokens }) => number(outputTokens),
  usage: (event) => event.usage,
  text: (event) => {
    const parts = list(object(object(event.output).message).content).map(object)
    return parts.every((part) => typeof part.text === 'string')
      ? parts.map((part) => text(part.text)).join('')
      : undefined
  },
}

const cohere: Shape = {
  request: (body) => body,
  prompt: ({ tokens }) => number(object(tokens).input_tokens),
  output: () => 0,
  usage: (event) => event.usage ?? object(event.delta).usage,
  text: () => undefined,
}

const shapes: Readonly<Record<string, Shape>> = {
  chat: openai,
  'chat-stream': openai,
  messages: anthropic,
  'messages-stream': anthropic,
  generateContent: gemini,
  streamGenerateContent: gemini,
  converse,
}

/** Every recorded call that tells how long its prompt was. */
export function* samples(folder: string): Generator<Sample> {
  for (const provider of readdirSync(folder, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue
    for (const operation of readdirSync(join(folder, provider.name))) {
      const shape = provider.name === 'cohere' && operation.startsWith('chat') ? cohere : shapes[operation]
      if (!shape || provider.name === 'ollama') continue
      for (const file of readdirSync(join(folder, provider.name, operation)).sort()) {
        const path = join(folder, provider.name, operation, file)
        const made = sampleOf(JSON.parse(readFileSync(path, 'utf8')) as Recording, shape)
        if (made) yield made
      }
    }
  }
}

function sampleOf(recording: Recording, shape: Shape): Sample | undefined {
  const { response, request } = recording
  if (response.status >= 400 || !isObject(request.body)) return undefined
  const events = eventsOf(response)
  const usage = Object.assign({}, ...events.map((event) => object(shape.usage(event)))) as Fields
  const prompt = shape.prompt(usage)
  const body = shape.request(request.body)
  if (prompt === 0 || !Array.isArray(body.messages)) return undefined
  const said = events.map(shape.text)
  const tokens = shape.output(usage)
  const answered = recording.model ?? events.map(({ model }) => text(model)).find(Boolean)
  const model = text(events.map((event) => event.model).find(Boolean)) || answered || text(body.model) || ''
  const whole = said.includes(undefined) ? '' : said.join('')
  return {
    id: recording.id,
    provider: recording.provider,
    model,
    request: { ...body, model, messages: body.messages as Message[] },
    prompt,
    ...(whole && tokens > 0 && { answer: { text: whole, tokens } }),
  }
}

function eventsOf({ body, stream }: Recording['response']): Fields[] {
  if (isObject(body)) return [body]
  if (Array.isArray(body)) return body.filter(isObject)
  return (stream ?? '').split(/\r?\n/).flatMap((line) => {
    if (!line.startsWith('data:')) return []
    try {
      const event: unknown = JSON.parse(line.slice(5))
      return isObject(event) ? [event] : []
    } catch {
      return []
    }
  })
}
