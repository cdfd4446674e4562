import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { OperationDialect } from '../../providers/contract.js'
import { ByteAccumulator } from '../../src/call/byte-accumulator.js'
import { ByteStream, contentTypeOf } from '../../src/call/byte-stream.js'
import { ClientContext } from '../../src/call/context.js'
import { execute } from '../../src/call/execute.js'
import { readFile, writeForm } from '../../src/call/form.js'
import type { OperationSpec } from '../../src/call/operation.js'
import { moderation } from '../../src/operations/moderation.js'
import type { BytesResponse } from '../../src/types/bytes.js'

/** An operation with a file in its request and bytes in its answer, as speech and transcription have them. */

const audio = Uint8Array.from({ length: 3000 }, (_, at) => at % 251)

const part: OperationDialect<{ input: string }, BytesResponse> = {
  encode: ({ input }, { model }) => ({
    body: { model, input, tags: ['a', 'b'], detail: { deep: true } },
    files: [{ field: 'file', name: 'a "b".wav', type: 'audio/wav', data: audio }],
  }),
  decode: (body, { model, headers = {} }) => ({
    data: body as Uint8Array,
    content_type: contentTypeOf(headers),
    model,
    usage: { characters: 5 },
  }),
}

const spec = {
  ...moderation,
  answer: 'bytes',
  params: new Set(['model', 'input', 'stream', 'extra_body']),
  part: () => part,
  stream: (_: unknown, call: ConstructorParameters<typeof ByteAccumulator>[0]) => ({
    read: () =>
      new ByteAccumulator(call, {
        decode: (body) => part.decode(body, call.decodeContext()),
        usage: () => ({ characters: 5 }),
      }),
    estimate: () => ({ characters: 5 }),
    complete: (answer: object) => answer,
    stream: (parts: never) => new ByteStream(parts),
  }),
} as unknown as OperationSpec

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void) {
  const server = createServer(async (request, response) => {
    const body: Buffer[] = []
    for await (const chunk of request) body.push(chunk as Buffer)
    answer(request, response, Buffer.concat(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const context = new ClientContext({ providers: { openai: { apiKey: 'sk-test', apiBase } }, maxRetries: 0 })
  closing.push(
    () => context.close(),
    () => new Promise((resolve) => server.close(resolve)),
  )
  return (more: object = {}) =>
    execute(context, spec, { model: 'openai/tts', input: 'Hello', ...more }) as Promise<unknown>
}

const send = (response: ServerResponse, type: string, body: Uint8Array | string, status = 200) =>
  response.writeHead(status, { 'content-type': type }).end(body)

describe('an operation with files and bytes', () => {
  it('sends a form and returns the bytes of the answer', async () => {
    let form: FormData | undefined
    const call = await start(async (request, response, body) => {
      form = await new Response(new Uint8Array(body), {
        headers: { 'content-type': String(request.headers['content-type']) },
      }).formData()
      send(response, 'audio/mpeg', audio)
    })
    const answer = (await call({ extra_body: { speed: 2 } })) as BytesResponse
    expect([...answer.data]).toEqual([...audio])
    expect(answer).toMatchObject({ content_type: 'audio/mpeg', usage: { characters: 5 } })
    expect(answer.meta.status).toBe(200)
    const file = form?.get('file') as File
    expect([file.name, file.type, file.size]).toEqual(['a "b".wav', 'audio/wav', audio.length])
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([...audio])
    expect([form?.get('model'), form?.get('speed'), form?.getAll('tags[]')]).toEqual(['tts', '2', ['a', 'b']])
    expect(form?.get('detail')).toBe('{"deep":true}')
  })

  it('reads a JSON error with status 200 as JSON', async () => {
    const call = await start((_, response) => send(response, 'application/json', '{"error":{"message":"no voice"}}'))
    const answer = (await call()) as { data: unknown }
    expect(answer.data).toEqual({ error: { message: 'no voice' } })
  })

  it('maps an error status to an error class', async () => {
    const call = await start((_, response) => send(response, 'application/json', '{"error":{"message":"slow"}}', 429))
    await expect(call()).rejects.toMatchObject({ code: 'rate_limit' })
    await expect(call({ stream: true })).rejects.toMatchObject({ code: 'rate_limit' })
  })

  it('streams the bytes as they arrive', async () => {
    const call = await start((_, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav' })
      response.write(audio.subarray(0, 1000))
      setImmediate(() => response.end(audio.subarray(1000)))
    })
    const stream = (await call({ stream: true })) as ByteStream
    expect(stream).toBeInstanceOf(ByteStream)
    expect(stream.contentType).toBe('audio/wav')
    const bytes = await new Response(stream.toReadableStream()).arrayBuffer()
    expect([...new Uint8Array(bytes)]).toEqual([...audio])
    expect([...(await stream.final()).data]).toEqual([...audio])
    expect(stream.meta.usage).toEqual({ characters: 5 })
  })

  it('fails a stream whose connection breaks', async () => {
    const call = await start((_, response) => {
      response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': '3000' })
      response.write(audio.subarray(0, 1000), () => response.destroy())
    })
    const stream = (await call({ stream: true })) as ByteStream
    await expect(stream.final()).rejects.toMatchObject({ code: 'stream_interrupted' })
  })
})

describe('files', () => {
  it('are read from each kind of input', async () => {
    const usual = { name: 'audio', type: 'application/octet-stream' }
    const bytes = new Uint8Array([1, 2])
    expect(readFile('file', bytes, usual)).toEqual({ ...usual, data: bytes })
    expect(readFile('file', { data: bytes, filename: 'a.mp3', type: 'audio/mpeg' }, usual)).toEqual({
      name: 'a.mp3',
      type: 'audio/mpeg',
      data: bytes,
    })
    const read = await readFile('file', new File([bytes], 'b.wav', { type: 'audio/wav' }), usual)
    expect({ ...read, data: new Uint8Array(read.data) }).toEqual({ name: 'b.wav', type: 'audio/wav', data: bytes })
    expect(() => readFile('file', 'a.mp3' as never, usual)).toThrow(/'file' must be a Blob, .*; got 'a.mp3'/)
  })

  it("can't add headers or fields to a form by their names", () => {
    const { body } = writeForm({}, [{ field: 'f', name: 'a"\r\nX: y', type: 'b\r\nZ: z', data: new Uint8Array() }], 0.5)
    const text = new TextDecoder().decode(body as Uint8Array)
    expect(text).toContain('filename="a%22%0D%0AX: y"')
    expect(text).not.toMatch(/^(X|Z):/m)
  })
})
