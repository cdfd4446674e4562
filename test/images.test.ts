import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** Requests and answers in the documented form: no recording of images exists. */

const mock = mockProvider()
const providers = {
  openai: { apiKey: 'k' },
  gemini: { apiKey: 'k' },
  xai: { apiKey: 'k' },
  vertex_ai: { apiKey: 'k' },
}
const client = createClient({ dispatcher: mock.dispatcher, providers, maxRetries: 0 })
const image = { data: new Uint8Array([1, 2, 3]), filename: 'a.png', type: 'image/png' }

describe('imageGeneration', () => {
  it('returns images, with the cost of their tokens', async () => {
    const answer = await client.imageGeneration({
      model: 'openai/gpt-image-1.5',
      prompt: 'A bicycle',
      n: 2,
      size: '1024x1024',
    })
    expect(answer).toMatchObject({ model: 'gpt-image-1.5', size: '1024x1024', output_format: 'png' })
    expect(answer.data.map((one) => typeof one.b64_json)).toEqual(['string', 'string'])
    expect(answer.usage).toMatchObject({
      prompt_tokens: 12,
      completion_tokens: 200,
      completion_tokens_details: { image_tokens: 200 },
    })
    expect(answer.meta.cost.total).toBeCloseTo((12 * 5 + 200 * 32) / 1e6, 12)
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/images/generations',
      body: { model: 'gpt-image-1.5', prompt: 'A bicycle', n: 2, size: '1024x1024' },
    })
  })

  it("passes Google's own fields to their places, and reports what has none", async () => {
    const own = { prompt: 'A bicycle', negative_prompt: 'rain', seed: 7, user: 'u1' } as const
    const { meta } = await client.imageGeneration({ model: 'gemini/imagen-4.0-generate-001', ...own } as never)
    expect(mock.requests.at(-1)?.body).toMatchObject({ parameters: { negativePrompt: 'rain', seed: 7 } })
    expect(meta.warnings).toMatchObject([{ type: 'dropped', param: 'user' }])
    const model = 'gemini/gemini-2.5-flash-image'
    const safety_settings = [{ category: 'x', threshold: 'y' }]
    const image_config = { imageSize: '2K' }
    await client.imageGeneration({
      model,
      prompt: 'A bicycle',
      size: '16:9',
      seed: 7,
      temperature: 0.5,
      image_config,
      safety_settings,
    } as never)
    expect(mock.requests.at(-1)?.body).toMatchObject({
      generationConfig: { seed: 7, temperature: 0.5, imageConfig: { aspectRatio: '16:9', imageSize: '2K' } },
      safetySettings: safety_settings,
    })
    for (const name of ['gemini-2.5-flash-image', 'imagen-4.0-generate-001']) {
      const request = { model: `gemini/${name}`, prompt: 'x', response_format: 'url' } as const
      expect(await rejection(client.imageGeneration(request))).toMatchObject({ params: ['response_format'] })
    }
  })

  it('bills images one by one where a host reports no tokens', async () => {
    const answer = await client.imageGeneration({ model: 'xai/grok-2-image', prompt: 'A bicycle', n: 3 })
    expect(answer.usage).toEqual({ images: 3 })
    expect(answer.data[0]?.url).toMatch(/^https:/)
    expect(answer.meta.cost.total).toBeCloseTo(0.12, 12)
  })

  it('streams partial images', async () => {
    const stream = await client.imageGeneration({
      model: 'openai/gpt-image-1',
      prompt: 'A bicycle',
      stream: true,
      partial_images: 2,
    })
    const types = []
    for await (const { type } of stream) types.push(type)
    expect(types).toEqual([
      'image_generation.partial_image',
      'image_generation.partial_image',
      'image_generation.completed',
    ])
    const answer = await stream.final()
    expect(answer.data).toHaveLength(1)
    expect(answer).toMatchObject({ created: 1_764_000_000, quality: 'high', usage: { completion_tokens: 100 } })
  })

  it('asks Imagen by predict', async () => {
    mock.reply({
      raw: {
        body: { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: 'QUJD' }, { raiFilteredReason: 'no' }] },
      },
    })
    const answer = await client.imageGeneration({
      model: 'gemini/imagen-4.0-generate-001',
      prompt: 'A bicycle',
      n: 2,
      size: '1792x1024',
    })
    expect(answer).toMatchObject({ data: [{ b64_json: 'QUJD' }], usage: { images: 1 } })
    expect(answer.meta.cost.total).toBeCloseTo(0.04, 12)
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1beta/models/imagen-4.0-generate-001:predict',
      body: { instances: [{ prompt: 'A bicycle' }], parameters: { sampleCount: 2, aspectRatio: '16:9' } },
    })
  })

  it('asks Gemini for an image, and ignores its drafts', async () => {
    const parts = [
      { inlineData: { mimeType: 'image/png', data: 'RHJhZnQ=' }, thought: true },
      { text: 'Here it is' },
      { inlineData: { mimeType: 'image/png', data: 'QUJD' } },
    ]
    mock.reply({
      raw: {
        body: {
          candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }],
          usageMetadata: {
            promptTokenCount: 10,
            candidatesTokenCount: 1290,
            totalTokenCount: 1300,
            candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1290 }],
          },
          modelVersion: 'gemini-2.5-flash-image',
        },
      },
    })
    const answer = await client.imageGeneration({
      model: 'vertex_ai/gemini-2.5-flash-image',
      prompt: 'A bicycle',
      size: '3:2',
    })
    expect(answer.data).toEqual([{ b64_json: 'QUJD' }])
    // the fee for an image is another way to say the same price
    expect(answer.meta.cost.total).toBeCloseTo((10 * 0.3 + 1290 * 30) / 1e6, 10)
    expect(mock.requests.at(-1)).toMatchObject({
      path: expect.stringMatching(/gemini-2\.5-flash-image:generateContent$/),
      body: { generationConfig: { responseModalities: ['TEXT', 'IMAGE'], imageConfig: { aspectRatio: '3:2' } } },
    })
  })

  it('names what Gemini has no equivalent for', async () => {
    const request = { model: 'gemini/gemini-2.5-flash-image', prompt: 'A bicycle' }
    const error = await rejection(
      client.imageGeneration({ ...request, n: 2, style: 'vivid', background: 'transparent' }),
    )
    expect(error).toMatchObject({ code: 'unsupported_params', params: ['style', 'n', 'background'] })
    const size = await rejection(client.imageGeneration({ ...request, size: 'big' }))
    expect(size).toMatchObject({ message: "'size' must be '1024x1024', '16:9' or '2K'; got 'big'." })
  })

  it('says that an image was blocked', async () => {
    mock.reply({ raw: { body: { candidates: [{ content: { parts: [] }, finishReason: 'IMAGE_SAFETY' }] } } })
    const error = await rejection(client.imageGeneration({ model: 'gemini/gemini-2.5-flash-image', prompt: 'x' }))
    expect(error).toMatchObject({
      code: 'content_policy_violation',
      message: expect.stringContaining('IMAGE_SAFETY'),
    })
  })

  it('rejects an answer without images', async () => {
    mock.reply({ raw: { body: { created: 1 } } })
    const error = await rejection(client.imageGeneration({ model: 'openai/gpt-image-1', prompt: 'x' }))
    expect(error).toMatchObject({ code: 'invalid_response' })
    expect(await rejection(client.imageGeneration({ model: 'openai/gpt-image-1', prompt: '' }))).toMatchObject({
      param: 'prompt',
    })
  })
})

describe('imageEdit', () => {
  it('sends images and the mask as a form', async () => {
    const answer = await client.imageEdit({
      model: 'openai/gpt-image-1',
      prompt: 'Blue',
      image: [image, { ...image, filename: 'b.png' }],
      mask: new Blob([new Uint8Array([4])], { type: 'image/png' }),
      n: 1,
    })
    expect(answer.data).toHaveLength(1)
    expect(mock.requests.at(-1)).toMatchObject({
      path: '/v1/images/edits',
      body: { model: 'gpt-image-1', prompt: 'Blue', n: '1', 'image[]': ['a.png', 'b.png'], mask: 'mask.png' },
    })
    await client.imageEdit({ model: 'openai/gpt-image-1', prompt: 'Blue', image })
    expect(mock.requests.at(-1)?.body).toMatchObject({ image: 'a.png' })
  })

  it('sends the image to Gemini beside the prompt', async () => {
    const parts = [{ inlineData: { mimeType: 'image/png', data: 'QUJD' } }]
    mock.reply({ raw: { body: { candidates: [{ content: { parts }, finishReason: 'STOP' }] } } })
    const answer = await client.imageEdit({ model: 'gemini/gemini-2.5-flash-image', prompt: 'Blue', image })
    expect(answer).toMatchObject({ data: [{ b64_json: 'QUJD' }], usage: { images: 1 } })
    expect(mock.requests.at(-1)?.body).toMatchObject({
      contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'AQID' } }, { text: 'Blue' }] }],
    })
    const error = await rejection(
      client.imageEdit({ model: 'gemini/gemini-2.5-flash-image', prompt: 'Blue', image, mask: image }),
    )
    expect(error).toMatchObject({ params: ['mask'] })
  })

  it('rejects what is no image', async () => {
    const error = await rejection(
      client.imageEdit({ model: 'openai/gpt-image-1', prompt: 'x', image: 'a.png' as never }),
    )
    expect(error).toMatchObject({ param: 'image' })
  })
})
