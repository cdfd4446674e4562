import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClient } from '../../../src/index.js'
import { type Said, startHosts } from '../../helpers/hosts.js'
import { rejection, user } from '../../helpers/simulated.js'
import { frame } from '../converse/frames.js'

/**
 * Every answer here is written from documentation:
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 * https://huggingface.co/docs/text-generation-inference/reference/api_reference
 */

beforeEach(() => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_REGION_NAME', 'AWS_SESSION_TOKEN', 'AWS_ENDPOINT_URL']) {
    vi.stubEnv(name, '')
  }
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
})
afterEach(() => vi.unstubAllEnvs())

const messages = user('hi')
const region = 'us-west-2'

/** Bytes of the container's stream, in messages that cut them anywhere. */
function parts(text: string, size: number): Said {
  const bytes = Buffer.from(text)
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) {
    pieces.push(frame({ ':event-type': 'PayloadPart', ':message-type': 'event' }, bytes.subarray(at, at + size)))
  }
  return { headers: { 'content-type': 'application/vnd.amazon.eventstream' }, pieces }
}

async function call(said: Said, model: string, request: object = {}) {
  await using hosts = await startHosts(() => said)
  const client = createClient({ dispatcher: hosts.dispatcher, maxRetries: 0 })
  const answer = await client.completion({ model, messages, region, ...request, stream: false })
  return { answer, seen: hosts.seen[0] }
}

async function stream(said: Said, model: string) {
  await using hosts = await startHosts(() => said)
  const client = createClient({ dispatcher: hosts.dispatcher, maxRetries: 0 })
  const answer = await (await client.completion({ model, messages, region, stream: true })).final()
  return { answer, seen: hosts.seen[0] }
}

describe('sagemaker_chat/', () => {
  const body = {
    id: '',
    object: 'chat.completion',
    created: 1,
    model: '/opt/ml/model',
    choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  }

  it("sends OpenAI's messages, signed", async () => {
    const { answer, seen } = await call({ body }, 'sagemaker_chat/my-endpoint', { max_tokens: 5 })
    expect(seen).toMatchObject({
      origin: 'https://runtime.sagemaker.us-west-2.amazonaws.com',
      path: '/endpoints/my-endpoint/invocations',
    })
    expect(seen?.body).toEqual({ messages, max_tokens: 5 })
    expect(seen?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/\d{8}\/us-west-2\/sagemaker\/aws4_request, SignedHeaders=.*host.*, Signature=[0-9a-f]{64}$/,
    )
    expect(answer.choices[0]?.message.content).toBe('hello')
    expect(answer.usage).toMatchObject({ total_tokens: 3 })
  })

  it('decodes streams cut at any byte', async () => {
    const chunk = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    const text = `${chunk({ role: 'assistant', content: 'Grüße ' }, null)}${chunk({ content: '☃' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`
    for (const size of [1, 7, 100, 10_000]) {
      const { answer, seen } = await stream(parts(text, size), 'sagemaker_chat/my-endpoint')
      expect(answer.choices[0]).toMatchObject({ message: { content: 'Grüße ☃' }, finish_reason: 'stop' })
      expect(seen?.path).toBe('/endpoints/my-endpoint/invocations-response-stream')
      expect(seen?.body).toMatchObject({ stream: true })
    }
  })

  it('reports errors of AWS in a stream', async () => {
    const failed = frame(
      { ':exception-type': 'ModelStreamError', ':message-type': 'exception' },
      JSON.stringify({ ErrorCode: 'StreamBroken', Message: 'The connection was reset' }),
    )
    expect(await rejection(stream({ pieces: [failed] }, 'sagemaker_chat/e'))).toMatchObject({
      message: expect.stringMatching(/connection was reset/),
      provider: 'sagemaker_chat',
    })
  })

  it('reads the error of the container', async () => {
    const said = {
      status: 424,
      headers: { 'x-amzn-errortype': 'ModelError' },
      body: {
        ErrorCode: 'CLIENT_ERROR_FROM_MODEL',
        LogStreamArn: 'arn:…',
        Message: 'Received client error (422) from primary with message "…"',
        OriginalMessage:
          '{"error":"Input validation error: `inputs` must have less than 4096 tokens","error_type":"validation"}',
        OriginalStatusCode: 422,
      },
    }
    expect(await rejection(call(said, 'sagemaker_chat/e'))).toMatchObject({ code: 'context_window_exceeded' })
    const relayed = {
      status: 424,
      headers: { 'x-amzn-errortype': 'ModelError' },
      body: {
        ErrorCode: 'SERVER_ERROR_FROM_MODEL',
        Message:
          'Received server error (500) from primary with message "{"error":"`inputs` tokens + `max_new_tokens` must be <= 2048"}". See the log.',
      },
    }
    expect(await rejection(call(relayed, 'sagemaker_chat/e'))).toMatchObject({
      code: 'context_window_exceeded',
      retryable: false,
    })
    const missing = {
      status: 400,
      headers: { 'x-amzn-errortype': 'ValidationError' },
      body: { message: 'Endpoint my-endpoint of account 123456789012 not found.' },
    }
    expect(await rejection(call(missing, 'sagemaker_chat/my-endpoint'))).toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/region/),
    })
  })
})

describe('sagemaker/', () => {
  it('sends inputs and parameters', async () => {
    const { answer, seen } = await call({ body: [{ generated_text: 'hello' }] }, 'sagemaker/my-endpoint', {
      max_tokens: 5,
      temperature: 0.5,
      stop: 'x',
      do_sample: true,
    })
    expect(seen?.body).toEqual({
      inputs: 'hi',
      parameters: { max_new_tokens: 5, temperature: 0.5, stop: ['x'], do_sample: true },
    })
    expect(answer.choices[0]?.message.content).toBe('hello')
  })

  it('streams tokens of TGI', async () => {
    const token = (text: string, special = false, rest: object = { generated_text: null, details: null }) =>
      `data:${JSON.stringify({ index: 1, token: { id: 1, text, logprob: 0, special }, ...rest })}\n\n`
    const last = { generated_text: 'hello', details: { finish_reason: 'length', generated_tokens: 2 } }
    const text = token('hel') + token('lo') + token('</s>', true, last)
    const { answer, seen } = await stream(parts(text, 11), 'sagemaker/my-endpoint')
    expect(answer.choices[0]).toMatchObject({ message: { content: 'hello' }, finish_reason: 'length' })
    expect(seen?.body).toMatchObject({ inputs: 'hi', stream: true })
  })

  it('rejects unsupported requests before sending', async () => {
    await using hosts = await startHosts(() => ({ body: {} }))
    const client = createClient({ dispatcher: hosts.dispatcher })
    const model = 'sagemaker/e'
    expect(await rejection(client.completion({ model, messages }))).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/region.*AWS_REGION/),
    })
    expect(await rejection(client.completion({ model, messages, region: 'x.evil.com/' }))).toMatchObject({
      code: 'bad_request',
      param: 'region',
    })
    const tools = [{ type: 'function' as const, function: { name: 'f', parameters: {} } }]
    expect(await rejection(client.completion({ model, messages, region, tools }))).toMatchObject({
      code: 'unsupported_params',
      message: expect.stringMatching(/sagemaker_chat/),
    })
    expect(hosts.seen).toEqual([])
  })
})
