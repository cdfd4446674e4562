import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  CountTokensCommand,
  InvokeModelCommand,
  type Message,
  type Tool,
} from '@aws-sdk/client-bedrock-runtime'
import { request as send } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'

let simulator: Simulator
let client: BedrockRuntimeClient

type Handler = NonNullable<BedrockRuntimeClientConfig['requestHandler']>

/** The client's own handler speaks HTTP/2. */
const http1 = {
  async handle(request: { method: string; path: string; headers: Record<string, string>; body?: unknown }) {
    const { method, path, headers, body } = request
    const answer = await send(`${simulator.url}${path}`, {
      method: method as 'POST',
      headers,
      body: body as string | Uint8Array,
    })
    return { response: { statusCode: answer.statusCode, headers: answer.headers, body: answer.body } }
  },
  metadata: { handlerProtocol: 'http/1.1' },
  destroy() {},
} as unknown as Handler

beforeAll(async () => {
  simulator = await startSimulator()
  client = new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: simulator.url,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'any' },
    maxAttempts: 1,
    requestHandler: http1,
  })
})
beforeEach(() => simulator.reset())
afterAll(() => simulator.close())

const claude = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const user = (...content: ContentBlock[]): Message => ({ role: 'user', content })
const assistant = (...content: ContentBlock[]): Message => ({ role: 'assistant', content })
const base: ConverseCommandInput = { modelId: claude, messages: [user({ text: 'Hello there' })] }
const weather: Tool = {
  toolSpec: {
    name: 'get_weather',
    inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
  },
}
const thinking = { thinking: { type: 'enabled', budget_tokens: 1024 } }
const converse = (change: Partial<ConverseCommandInput> = {}) =>
  client.send(new ConverseCommand({ ...base, ...change } as ConverseCommandInput))

async function events(change: Partial<ConverseCommandInput> = {}): Promise<ConverseStreamOutput[]> {
  const { stream } = await client.send(new ConverseStreamCommand({ ...base, ...change } as ConverseCommandInput))
  const all: ConverseStreamOutput[] = []
  for await (const event of stream ?? []) all.push(event)
  return all
}

describe("AWS's client against the simulator", () => {
  it('receives an answer derived from the last user message', async () => {
    const answer = await converse()
    expect(answer.output?.message).toEqual({ role: 'assistant', content: [{ text: 'You said: Hello there' }] })
    expect(answer).toMatchObject({ stopReason: 'end_turn', metrics: { latencyMs: 100 } })
    const { inputTokens = 0, outputTokens = 0, totalTokens } = answer.usage ?? {}
    expect(totalTokens).toBe(inputTokens + outputTokens)
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/)
    expect(simulator.requests[0]).toMatchObject({ wire: 'converse', operation: 'chat', model: claude })
  })

  it.each([undefined, 1, 7])('streams the same answer in writes of %s bytes', async (writeBytes) => {
    simulator.reply({ reasoning: 'Hm, well', text: 'Größe 🙂 ok', ...(writeBytes && { writeBytes }) })
    const all = await events()
    const deltas = all.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta ?? [])
    expect(deltas.map((delta) => delta.text ?? '').join('')).toBe('Größe 🙂 ok')
    const thoughts = deltas.flatMap(({ reasoningContent }) => reasoningContent ?? [])
    expect(thoughts.map((thought) => thought.text ?? '').join('')).toBe('Hm, well')
    expect(thoughts.at(-1)?.signature).toMatch(/^E/)
    expect(all[0]?.messageStart).toMatchObject({ role: 'assistant' })
    expect(all.at(-2)?.messageStop).toMatchObject({ stopReason: 'end_turn' })
    expect(all.at(-1)?.metadata?.usage?.outputTokens).toBeGreaterThan(0)
  })

  it('calls a tool, streamed and not, and quotes its result', async () => {
    const messages = [user({ text: "What's the weather in Paris?" })]
    const toolConfig = { tools: [weather] }
    const inferenceConfig = { maxTokens: 2048 }
    const first = await converse({ messages, toolConfig, inferenceConfig, additionalModelRequestFields: thinking })
    const content = first.output?.message?.content ?? []
    const call = content.find((block) => block.toolUse)?.toolUse
    expect(first.stopReason).toBe('tool_use')
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Paris' } })
    const streamed = await events({ messages, toolConfig })
    const pieces = streamed.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? '')
    expect(streamed[1]?.contentBlockStart?.start?.toolUse?.toolUseId).toMatch(/^tooluse_\w+$/)
    expect(JSON.parse(pieces.join(''))).toEqual({ city: 'Paris' })
    const second = await converse({
      messages: [
        ...messages,
        assistant(...content),
        user({ toolResult: { toolUseId: call?.toolUseId, content: [{ json: { degrees: 21 } }] } }),
      ],
      toolConfig,
      inferenceConfig,
      additionalModelRequestFields: thinking,
    })
    expect(second.output?.message?.content?.at(-1)).toEqual({ text: 'get_weather says: {"degrees":21}' })
  })

  it('reads images as bytes, follows schemas and reports a guardrail', async () => {
    const seen = await converse({
      messages: [user({ text: 'What is it?' }, { image: { format: 'png', source: { bytes: new Uint8Array(9) } } })],
    })
    expect(seen.output?.message?.content?.[0]?.text).toContain('image/png (9 bytes)')
    const schema = {
      type: 'object',
      properties: { ok: { type: 'boolean' } },
      required: ['ok'],
      additionalProperties: false,
    }
    const textFormat = { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } } as const
    const json = await converse({ outputConfig: { textFormat } })
    expect(json.output?.message?.content).toEqual([{ text: '{"ok":true}' }])
    simulator.reply({ text: 'Blocked.', finishReason: 'content_filter' })
    const guardrailConfig = { guardrailIdentifier: 'abc123', guardrailVersion: '1', trace: 'enabled' } as const
    const guarded = await converse({ guardrailConfig })
    expect(guarded.stopReason).toBe('guardrail_intervened')
    expect(guarded.trace?.guardrail?.inputAssessment).toHaveProperty('abc123')
  })

  it('reports cache usage: written by the first turn, read by the second', async () => {
    const system = [{ text: 'x'.repeat(400) }, { cachePoint: { type: 'default', ttl: '1h' } as const }]
    const first = await converse({ system })
    expect(first.usage).toMatchObject({
      cacheReadInputTokens: 0,
      cacheWriteInputTokens: 100,
      cacheDetails: [{ ttl: '1h', inputTokens: 100 }],
    })
    const messages = [user({ text: 'Hello there' }), assistant({ text: 'Hi' }), user({ text: 'More' })]
    const second = await converse({ system, messages })
    expect(second.usage).toMatchObject({ cacheReadInputTokens: 100, cacheWriteInputTokens: 0 })
  })

  it('counts tokens and returns embeddings', async () => {
    const counted = await client.send(
      new CountTokensCommand({ modelId: claude, input: { converse: { messages: base.messages } } }),
    )
    expect(counted.inputTokens).toBe((await converse()).usage?.inputTokens)
    const embed = async (modelId: string, body: object) => {
      const answer = await client.send(
        new InvokeModelCommand({ modelId, contentType: 'application/json', body: JSON.stringify(body) }),
      )
      return JSON.parse(answer.body.transformToString())
    }
    const titan = await embed('amazon.titan-embed-text-v2:0', { inputText: 'Hello', dimensions: 256 })
    expect([titan.embedding.length, titan.inputTextTokenCount]).toEqual([256, 2])
    expect((await embed('amazon.titan-embed-text-v1', { inputText: 'Hello' })).embedding).toHaveLength(1536)
    const cohere = await embed('cohere.embed-english-v3', { texts: ['a', 'b'], input_type: 'search_query' })
    expect(cohere).toMatchObject({ response_type: 'embeddings_floats', texts: ['a', 'b'] })
    expect(cohere.embeddings).toHaveLength(2)
    await expect(embed('cohere.embed-english-v3', { texts: ['a'] })).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining('required key [input_type] not found'),
    })
  })

  it("throws AWS's error classes, before a stream and inside it", async () => {
    simulator.fail({ kind: 'status', status: 429 })
    await expect(converse()).rejects.toMatchObject({ name: 'ThrottlingException' })
    simulator.fail({ kind: 'status', reason: 'quota' })
    await expect(events()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' })
    for (const [status, name] of [
      [undefined, 'ModelStreamErrorException'],
      [429, 'ThrottlingException'],
      [500, 'InternalServerException'],
      [503, 'ServiceUnavailableException'],
      [400, 'ValidationException'],
    ] as const) {
      simulator.fail({ kind: 'error-event', afterChunks: 1, ...(status && { status }) })
      await expect(events()).rejects.toMatchObject({ name })
    }
  })

  it('accepts an access key or a bearer token', async () => {
    const locked = await startSimulator({ apiKeys: ['AKIDEXAMPLE', 'token'] })
    const post = async (authorization?: string) => {
      const answer = await send(`${locked.url}/model/${encodeURIComponent(claude)}/converse`, {
        method: 'POST',
        headers: { ...(authorization && { authorization }) },
        body: JSON.stringify({ messages: base.messages }),
      })
      await answer.body.dump()
      return [answer.statusCode, String(answer.headers['x-amzn-errortype'] ?? '').split(':')[0]]
    }
    const signed = (key: string) =>
      `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/bedrock/aws4_request, Signature=0`
    expect(await post(signed('AKIDEXAMPLE'))).toEqual([200, ''])
    expect(await post('Bearer token')).toEqual([200, ''])
    expect(await post(signed('OTHER'))).toEqual([403, 'UnrecognizedClientException'])
    expect(await post('Bearer other')).toEqual([403, 'AccessDeniedException'])
    expect(await post()).toEqual([403, 'MissingAuthenticationTokenException'])
    await locked.close()
  })
})

describe('requests that Bedrock rejects', () => {
  const call = { toolUse: { toolUseId: 't1', name: 'get_weather', input: {} } }
  const result = { toolResult: { toolUseId: 't1', content: [{ text: 'ok' }] } }
  const hi = user({ text: 'Hi' })
  const toolConfig = { tools: [weather] }
  const image = (format: string) => ({ image: { format: format as 'png', source: { bytes: new Uint8Array(3) } } })
  const cases: readonly (readonly [what: string, change: Partial<ConverseCommandInput>, words: RegExp])[] = [
    ['no messages', { messages: [] }, /must start with a user message/],
    ['the assistant first', { messages: [assistant({ text: 'a' }), hi] }, /must start with a user message/],
    ['two of a role', { messages: [hi, hi] }, /must alternate between user and assistant/],
    ['no content', { messages: [user()] }, /content field in the Message object at messages\.0 is empty/],
    [
      'blank text',
      { messages: [user({ text: ' ' })] },
      /text field in the ContentBlock object at messages\.0\.content\.0 is blank/,
    ],
    ['blank instructions', { system: [{ text: '' }] }, /system\.0 is blank/],
    [
      'a missing result',
      { toolConfig, messages: [hi, assistant(call), hi] },
      /Expected toolResult blocks at messages\.2\.content for the following Ids: t1/,
    ],
    ['a call at the end', { toolConfig, messages: [hi, assistant(call)] }, /Expected toolResult blocks at messages\.2/],
    [
      'a stray result',
      { toolConfig, messages: [hi, assistant({ text: 'a' }), user(result)] },
      /exceeds the number of toolUse blocks/,
    ],
    ['calls without tools', { messages: [hi, assistant(call), user(result)] }, /toolConfig field must be defined/],
    ['no tools', { toolConfig: { tools: [] } }, /'toolConfig\.tools' failed to satisfy constraint/],
    [
      'a bad name',
      { toolConfig: { tools: [{ toolSpec: { ...weather.toolSpec, name: 'a b' } as NonNullable<Tool['toolSpec']> }] } },
      /pattern: \[a-zA-Z0-9_-\]\+/,
    ],
    [
      'a choice that is no tool',
      { toolConfig: { ...toolConfig, toolChoice: { tool: { name: 'x' } } } },
      /does not match any of the tools/,
    ],
    [
      'an image of the assistant',
      { messages: [hi, assistant({ text: 'a' }, image('png')), hi] },
      /image block at messages\.1\.content\.1 is not allowed/,
    ],
    ['an odd image', { messages: [user(image('bmp'))] }, /enum value set: \[png, jpeg, gif, webp\]/],
    ['heat', { inferenceConfig: { temperature: 1.5 } }, /'inferenceConfig\.temperature' failed to satisfy constraint/],
    ['a stop that is empty', { inferenceConfig: { stopSequences: [''] } }, /'inferenceConfig\.stopSequences'/],
    [
      'too small a budget',
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 10 } } },
      /budget_tokens: Input should be greater/,
    ],
    [
      'a forged signature',
      {
        messages: [
          hi,
          assistant({ reasoningContent: { reasoningText: { text: 'a', signature: 'E' } } }, { text: 'b' }),
          hi,
        ],
      },
      /Invalid `signature` in `thinking` block/,
    ],
    [
      'cache points where there are none',
      { modelId: 'us.meta.llama3-3-70b-instruct-v1:0', system: [{ text: 'a' }, { cachePoint: { type: 'default' } }] },
      /did not allow prompt caching/,
    ],
    [
      'a choice that the model has not',
      { modelId: 'us.meta.llama3-3-70b-instruct-v1:0', toolConfig: { ...toolConfig, toolChoice: { any: {} } } },
      /doesn't support the toolConfig\.toolChoice\.any field/,
    ],
  ]

  it.each(cases)('%s', async (_, change, words) => {
    await expect(converse(change)).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(words),
    })
  })

  it('unknown members, and values of the wrong type', async () => {
    const post = async (body: object) => {
      const answer = await send(`${simulator.url}/model/m/converse`, { method: 'POST', body: JSON.stringify(body) })
      return [answer.statusCode, ((await answer.body.json()) as { message: string }).message]
    }
    const messages = [{ role: 'user', content: [{ text: 'Hi' }] }]
    expect(await post({ messages, max_tokens: 5 })).toEqual([
      400,
      expect.stringContaining('extraneous key [max_tokens]'),
    ])
    expect(await post({ messages, inferenceConfig: { topK: 5 } })).toEqual([
      400,
      expect.stringContaining('extraneous key [topK]'),
    ])
    expect(await post({ messages: [{ role: 'user', content: 'Hi' }] })).toEqual([
      400,
      expect.stringContaining('messages.0.content'),
    ])
    expect(await post({ messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] })).toEqual([
      400,
      expect.stringContaining('must set one of the following keys: text, image'),
    ])
  })
})
