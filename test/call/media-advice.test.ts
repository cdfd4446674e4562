import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { mockProvider } from '../../simulator/index.js'
import { createClient, type LLMError } from '../../src/index.js'
import { rejection } from '../helpers/simulated.js'

const mock = mockProvider()
const client = createClient({ dispatcher: mock.dispatcher, providers: { openai: { apiKey: 'k' } }, maxRetries: 0 })
const speak = { model: 'openai/tts-1', input: 'Hello', voice: 'alloy' } as const

/** Sends a part of the promised bytes. */
async function cutting() {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': '1000' })
    response.write(Buffer.alloc(20), () => setTimeout(() => response.destroy(), 20))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, apiBase: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1` }
}

describe('advice of errors about images and audio', () => {
  it('fits a cut answer of bytes: there is no partial answer to resume', async () => {
    const { server, apiBase } = await cutting()
    const request = { ...speak, apiBase, apiKey: 'k', maxRetries: 0 }
    const stream = await createClient().speech({ ...request, stream: true })
    const error = (await rejection(stream.final())) as LLMError
    expect(error.code).toBe('stream_interrupted')
    expect(error.message).toMatch(/The bytes so far have been delivered, and no host continues them: call again/)
    expect(error.message).not.toContain('partial')

    const whole = (await rejection(createClient().speech(request))) as LLMError
    expect(whole).toMatchObject({ code: 'api_connection', retryable: true })
    expect(whole.message).toMatch(/closed the connection within its answer, after 20 bytes .* Call again, or/)
    server.close()
  })
})

describe('a misspelled short parameter', () => {
  it('is named with the right one', async () => {
    for (const [call, wrong, right] of [
      [() => client.imageGeneration({ model: 'openai/dall-e-3', prompt: 'x', sise: '1x1' } as never), 'sise', 'size'],
      [() => client.speech({ ...speak, spede: 2 } as never), 'spede', 'speed'],
      [() => client.transcription({ model: 'openai/whisper-1', fiel: 1 } as never), 'fiel', 'file'],
    ] as const) {
      expect(await rejection(call() as Promise<unknown>)).toMatchObject({
        code: 'bad_request',
        param: wrong,
        message: `Unknown parameter '${wrong}'. Did you mean '${right}'? Put a field of the provider into 'extra_body'.`,
      })
    }
  })

  it("is not confused with a provider's own", async () => {
    for (const own of ['seed', 'steps', 'task', 'mode']) {
      await client.imageGeneration({ model: 'openai/dall-e-3', prompt: 'x', [own]: 1 } as never)
      await client.speech({ ...speak, [own]: 1 } as never)
      expect(mock.requests.at(-1)?.body).toMatchObject({ [own]: 1 })
    }
  })
})
