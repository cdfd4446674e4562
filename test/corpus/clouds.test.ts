import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../src/index.js'
import type { ChatCompletion } from '../../src/types/chat.js'
import { startHosts } from '../helpers/hosts.js'
import { rejection } from '../helpers/simulated.js'
import { anthropicRules } from './equivalence/anthropic.js'
import { toOpenAI } from './request/anthropic.js'
import { awsEvents } from './wire/aws-events.js'
import { type Fields, firstDifference, isObject, list, object, objects, parse, text } from './wire/json.js'
import { corpusFolder, howToConfigure } from './wire/recording.js'

/**
 * Recordings of clouds whose own words stand around another dialect: watsonx.ai, InvokeModel of Bedrock, and the pipeline of
 * Hugging Face. What an answer must say is read off the recording here, and not by llmux.
 */

interface Recorded {
  readonly id: string
  readonly model: string
  readonly request: { readonly url: string; readonly body: Fields | null }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly stream?: string
    readonly stream_encoding?: string
  }
}

const folder = corpusFolder()

const read = (...place: readonly string[]): Recorded[] => {
  const path = join(folder ?? '', ...place)
  if (!existsSync(path)) return []
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')) as Recorded)
}

interface Said {
  readonly text: string
  readonly reasoning: string
  readonly tools: readonly { readonly name: string; readonly arguments: unknown }[]
  readonly prompt?: number | undefined
  readonly completion?: number | undefined
}

const json = (value: unknown): unknown => (typeof value === 'string' ? (value === '' ? {} : parse(value)) : value)

const saidIn = ({ choices, usage }: ChatCompletion): Said => {
  const message = choices[0]?.message
  return {
    text: message?.content ?? '',
    reasoning: message?.reasoning_content ?? '',
    tools: (message?.tool_calls ?? []).flatMap((call) =>
      call.type === 'function' ? [{ name: call.function.name, arguments: json(call.function.arguments) }] : [],
    ),
    prompt: usage?.prompt_tokens,
    completion: usage?.completion_tokens,
  }
}

/** What an answer in OpenAI's shape, or its chunks joined, says. */
function openaiSaid(parts: readonly Fields[]): Said {
  let content = ''
  let reasoning = ''
  const tools: { name: string; arguments: string }[] = []
  for (const choice of parts.flatMap((part) => objects(part.choices).slice(0, 1))) {
    const delta = object(choice.delta ?? choice.message)
    const [all = '', thought = ''] = /^<reasoning>([\s\S]*?)<\/reasoning>/.exec(text(delta.content) ?? '') ?? []
    reasoning += thought
    content += (text(delta.content) ?? '').slice(all.length)
    for (const [position, call] of objects(delta.tool_calls).entries()) {
      const at = typeof call.index === 'number' ? call.index : position
      const known = tools[at] ?? { name: '', arguments: '' }
      tools[at] = known
      const fn = object(call.function)
      known.name ||= text(fn.name) ?? ''
      known.arguments += text(fn.arguments) ?? ''
    }
  }
  const usage = parts.map((part) => object(part.usage)).find(({ prompt_tokens: count }) => count !== undefined)
  return {
    text: content,
    reasoning,
    tools: tools.map((tool) => ({ ...tool, arguments: json(tool.arguments) })),
    ...(usage && { prompt: Number(usage.prompt_tokens), completion: Number(usage.completion_tokens) }),
  }
}

/** The same of the Messages API, its blocks put together from a stream where it is one. */
function anthropicSaid(parts: readonly Fields[]): Said {
  const [first] = parts
  const blocks = first?.type === 'message' ? objects(first.content).map((block) => ({ ...block })) : []
  let partial: string[] = []
  let usage = object(first?.type === 'message' ? first.usage : object(first?.message).usage)
  for (const part of parts) {
    const at = Number(part.index ?? 0)
    const delta = object(part.delta)
    if (part.type === 'content_block_start') blocks[at] = { ...object(part.content_block) }
    const block = blocks[at]
    if (part.type === 'content_block_delta' && block) {
      if (delta.type === 'text_delta') block.text = `${text(block.text) ?? ''}${text(delta.text)}`
      if (delta.type === 'thinking_delta') block.thinking = `${text(block.thinking) ?? ''}${text(delta.thinking)}`
      if (delta.type === 'input_json_delta') partial[at] = (partial[at] ?? '') + (text(delta.partial_json) ?? '')
    }
    if (part.type === 'message_delta') usage = { ...usage, ...object(part.usage) }
  }
  const joined = (type: string, field: string, between: string) =>
    blocks.flatMap((block) => (block.type === type ? [text(block[field]) ?? ''] : [])).join(between)
  const tools = blocks.flatMap((block, at) =>
    block.type === 'tool_use' ? [{ name: text(block.name) ?? '', arguments: json(partial[at] ?? block.input) }] : [],
  )
  partial = []
  const count = (name: string) => (typeof usage[name] === 'number' ? Number(usage[name]) : 0)
  return {
    text: joined('text', 'text', ''),
    reasoning: joined('thinking', 'thinking', '\n\n'),
    tools,
    prompt: count('input_tokens') + count('cache_read_input_tokens') + count('cache_creation_input_tokens'),
    completion: count('output_tokens'),
  }
}

/** The same of the models that take a text. */
function textSaid(parts: readonly Fields[]): Said {
  const of = (part: Fields): string => {
    const first = objects(part.outputs)[0] ?? objects(part.results)[0] ?? part
    return text(first.generation) ?? text(first.outputText) ?? text(first.text) ?? ''
  }
  return { text: parts.map(of).join(''), reasoning: '', tools: [] }
}

/** Those that `bedrock/invoke/` has a body for, by what they speak. */
const families: readonly (readonly [RegExp, (parts: readonly Fields[]) => Said])[] = [
  [/anthropic\./, anthropicSaid],
  [/meta\.llama|mistral\.|titan-text/, textSaid],
  [/openai\.gpt-oss|ai21\.jamba/, openaiSaid],
]

/** Text completions of before the Messages API, which is all that the request was. */
const isOld = ({ model, request }: Recorded): boolean => /anthropic\.|ai21\./.test(model) && !!request.body?.prompt

const partsOf = ({ response }: Recorded): Fields[] => {
  if (response.stream === undefined) return [object(response.body)]
  return awsEvents(Buffer.from(response.stream, 'base64')).map(({ data }) =>
    object(parse(Buffer.from(text(object(parse(data)).bytes) ?? '', 'base64').toString('utf8'))),
  )
}

/** In Bedrock's own counts, where the body has none. */
function counted(recorded: Recorded, said: Said): Said {
  if (said.prompt !== undefined) return said
  const metrics = partsOf(recorded)
    .map((part) => object(part['amazon-bedrock-invocationMetrics']))
    .find(({ inputTokenCount: count }) => count !== undefined)
  const { headers, body } = recorded.response
  const input =
    metrics?.inputTokenCount ?? headers['x-amzn-bedrock-input-token-count'] ?? object(body).inputTextTokenCount
  const output =
    metrics?.outputTokenCount ??
    headers['x-amzn-bedrock-output-token-count'] ??
    objects(object(body).results)[0]?.tokenCount
  return { ...said, ...(input !== undefined && { prompt: Number(input), completion: Number(output) }) }
}

describe('recorded clouds', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }

  const invoked = ['invoke', 'invoke-stream']
    .flatMap((operation) => read('bedrock', operation))
    .filter((one) => !isOld(one))
    .flatMap((one) => {
      const family = families.find(([pattern]) => pattern.test(one.model))
      return family ? [{ ...one, said: family[1] }] : []
    })

  it('include enough of InvokeModel', () => {
    expect(invoked.length).toBeGreaterThanOrEqual(30)
  })

  it.each(invoked)('$id ($model)', async (recorded) => {
    const { response, request, model, said } = recorded
    const stream = response.stream !== undefined
    const bytes = stream ? Buffer.from(response.stream ?? '', 'base64') : Buffer.from(JSON.stringify(response.body))
    const pieces = Array.from({ length: Math.ceil(bytes.length / 777) }, (_, at) =>
      bytes.subarray(at * 777, (at + 1) * 777),
    )
    await using hosts = await startHosts(() => ({ headers: response.headers, pieces }))
    const providers = { bedrock: { apiKey: 'k', region: 'us-east-1' } }
    const client = createClient({ dispatcher: hosts.dispatcher, providers, maxRetries: 0, dropParams: true })
    const body = request.body ?? {}
    const asked =
      said === textSaid
        ? { messages: [{ role: 'user', content: 'hi' }] }
        : said === anthropicSaid
          ? toOpenAI(body)
          : body
    const { anthropic_version: _, stream: __, model: ___, ...params } = asked as Fields
    const call = { ...params, model: `bedrock/invoke/${model}` } as unknown as Parameters<typeof client.completion>[0]
    const answer = stream
      ? await (await client.completion({ ...call, stream: true })).final()
      : await client.completion({ ...call, stream: false })
    expect(saidIn(answer)).toEqual({
      prompt: undefined,
      completion: undefined,
      ...counted(recorded, said(partsOf(recorded))),
    })
    const [sent] = hosts.seen
    expect(decodeURIComponent(sent?.path ?? '')).toBe(decodeURIComponent(new URL(request.url).pathname))
    if (said !== anthropicSaid) return
    const [got, wanted] = [structuredClone(object(sent?.body)), structuredClone(body)]
    for (const one of [got, wanted]) {
      for (const message of objects(one.messages)) message.content = asBlocks(message.content)
      for (const tool of objects(one.tools)) if (tool.type === 'custom') delete tool.type
    }
    for (const rule of anthropicRules) rule.apply(got, wanted)
    expect(firstDifference(got, wanted)).toBeUndefined()
  })

  const watsonx = read('watsonx', 'chat-stream')
  it.each(watsonx)('$id ($model)', async ({ response, request, model }) => {
    await using hosts = await startHosts(() => ({ headers: response.headers, body: response.stream ?? '' }))
    const providers = { watsonx: { authToken: 't', region: 'us-south' } }
    const client = createClient({ dispatcher: hosts.dispatcher, providers, maxRetries: 0 })
    const { model: _, stream: __, stream_options: ___, ...params } = request.body ?? {}
    const call = { ...params, model: `watsonx/${model}` } as unknown as Parameters<typeof client.completion>[0]
    const answer = await (await client.completion({ ...call, stream: true })).final()
    const chunks = [...(response.stream ?? '').matchAll(/^data: (\{.*)$/gm)].map(([, data]) =>
      object(parse(data ?? '')),
    )
    expect(saidIn(answer)).toEqual(openaiSaid(chunks))
    const { tool_choice: choice, ...rest } = params
    const wanted = {
      model_id: model,
      ...rest,
      ...(typeof choice === 'string' ? { tool_choice_option: choice } : choice ? { tool_choice: choice } : {}),
    }
    expect(hosts.seen[0]?.body).toEqual(wanted)
  })

  it.each(read('watsonx', 'error'))('$id', async ({ response }) => {
    await using hosts = await startHosts(() => ({ status: response.status, body: response.body }))
    const providers = { watsonx: { authToken: 't', region: 'us-south', project: 'p' } }
    const client = createClient({ dispatcher: hosts.dispatcher, providers, maxRetries: 0 })
    const error = await rejection(
      client.completion({ model: 'watsonx/m', messages: [{ role: 'user', content: 'hi' }] }),
    )
    expect(error).toMatchObject({ code: 'bad_request', providerCode: 'json_validation_error' })
  })

  it.each(read('huggingface', 'embedding'))('$id', async ({ response, request }) => {
    await using hosts = await startHosts(() => ({ headers: response.headers, body: response.body }))
    const client = createClient({
      dispatcher: hosts.dispatcher,
      providers: { huggingface: { apiKey: 'k' } },
      maxRetries: 0,
    })
    const inputs = request.body?.inputs as string | string[]
    const call = client.embedding({ model: 'huggingface/a/b', input: inputs })
    const [first] = list(response.body)
    if (typeof first === 'number') expect((await call).data[0]?.embedding).toEqual(response.body)
    else expect(await rejection(call)).toMatchObject({ code: 'invalid_response' })
  })
})

const asBlocks = (content: unknown): unknown =>
  typeof content === 'string'
    ? [{ type: 'text', text: content }]
    : list(content).map((block) => (isObject(block) && block.cache_control === null ? { ...block } : block))
