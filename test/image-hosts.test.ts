import { describe, expect, it } from 'vitest'
import { mockProvider } from '../simulator/index.js'
import { createClient } from '../src/index.js'
import { rejection } from './helpers/simulated.js'

/** Requests and answers as the providers document them: no recordings exist. */

const mock = mockProvider()
const key = { apiKey: 'k' }
const client = createClient({
  dispatcher: mock.dispatcher,
  maxRetries: 0,
  providers: {
    bedrock: { region: 'us-east-1', accessKeyId: 'AKIA', secretAccessKey: 's' },
    replicate: key,
    fireworks_ai: key,
    together_ai: key,
    xai: key,
    recraft: key,
  },
})
const last = () => mock.requests.at(-1)
const image = { data: new Uint8Array([1, 2, 3]), filename: 'a.png', type: 'image/png' }

describe('images of Bedrock', () => {
  it('come from Nova Canvas, signed', async () => {
    const { data, usage, meta } = await client.imageGeneration({
      model: 'bedrock/amazon.nova-canvas-v1:0',
      prompt: 'A bicycle',
      n: 2,
      size: '1280x720',
      quality: 'high',
      seed: 7,
    } as never)
    expect([data.length, usage]).toEqual([2, { images: 2 }])
    expect(meta.cost.total).toBeCloseTo(0.12, 9)
    expect(last()).toMatchObject({
      path: '/model/amazon.nova-canvas-v1%3A0/invoke',
      headers: { authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 /) },
    })
    expect(last()?.body).toEqual({
      taskType: 'TEXT_IMAGE',
      textToImageParams: { text: 'A bicycle' },
      imageGenerationConfig: { numberOfImages: 2, width: 1280, height: 720, quality: 'premium', seed: 7 },
    })
  })

  it('are edited as variations, or inside of a mask', async () => {
    const request = { model: 'bedrock/amazon.nova-canvas-v1:0', prompt: 'Blue', image }
    await client.imageEdit(request)
    expect(last()?.body).toMatchObject({
      taskType: 'IMAGE_VARIATION',
      imageVariationParams: { images: ['AQID'], text: 'Blue' },
    })
    const { meta } = await client.imageEdit({ ...request, mask: image })
    expect(last()?.body).toMatchObject({
      taskType: 'INPAINTING',
      inPaintingParams: { image: 'AQID', maskImage: 'AQID', text: 'Blue' },
    })
    expect(meta.warnings).toMatchObject([{ type: 'changed', param: 'mask' }])
  })

  it("come from Stability's models", async () => {
    const model = 'bedrock/stability.stable-image-ultra-v1:1'
    const { data, meta } = await client.imageGeneration({ model, prompt: 'A bicycle', size: '1536x1024' })
    expect(data).toHaveLength(1)
    expect(meta.cost.total).toBeCloseTo(0.14, 9)
    expect(last()?.body).toEqual({ prompt: 'A bicycle', aspect_ratio: '3:2' })
    await client.imageEdit({
      model: 'bedrock/us.stability.stable-image-inpaint-v1:0',
      prompt: 'Blue',
      image,
      mask: image,
    })
    expect(last()?.body).toEqual({ prompt: 'Blue', image: 'AQID', mask: 'AQID' })
  })

  it('have errors: a blocked image, an unsupported parameter, another model', async () => {
    const model = 'bedrock/stability.sd3-5-large-v1:0'
    mock.reply({ raw: { body: { seeds: [], finish_reasons: ['Filter reason: prompt'], images: [] } } })
    expect(await rejection(client.imageGeneration({ model, prompt: 'x' }))).toMatchObject({
      code: 'content_policy_violation',
      message:
        'bedrock/stability.sd3-5-large-v1:0 must return an image; got none (Filter reason: prompt). Change the prompt.',
    })
    expect(await rejection(client.imageGeneration({ model, prompt: 'x', n: 2, style: 'vivid' }))).toMatchObject({
      code: 'unsupported_params',
      params: ['style', 'n'],
    })
    expect(
      await rejection(client.imageGeneration({ model: 'bedrock/amazon.nova-lite-v1:0', prompt: 'x' })),
    ).toMatchObject({ code: 'bad_request', param: 'model' })
    mock.fail({ kind: 'status', status: 429 })
    expect(await rejection(client.imageGeneration({ model, prompt: 'x' }))).toMatchObject({ code: 'rate_limit' })
  })
})

describe('images of Replicate', () => {
  const request = { model: 'replicate/black-forest-labs/flux-schnell', prompt: 'A bicycle' }

  it('are the output of a prediction', async () => {
    const { data, usage } = await client.imageGeneration({ ...request, n: 2, size: '16:9', output_format: 'jpeg' })
    expect(data[0]?.url).toMatch(/^https:/)
    expect(usage).toEqual({ images: data.length })
    expect(last()).toMatchObject({
      path: '/v1/models/black-forest-labs/flux-schnell/predictions',
      headers: { prefer: 'wait=5' },
      body: { input: { prompt: 'A bicycle', num_outputs: 2, aspect_ratio: '16:9', output_format: 'jpg' } },
    })
  })

  it('are polled for if they take longer', async () => {
    const urls = { get: 'https://api.replicate.com/v1/predictions/p1', cancel: 'https://api.replicate.com/x' }
    mock.reply({ raw: { status: 201, body: { id: 'p1', status: 'processing', urls } } })
    const done = { id: 'p1', status: 'succeeded', output: 'https://replicate.delivery/a.png', urls }
    mock.reply({ raw: { body: { ...done, created_at: '2026-01-02T00:00:00Z' } } })
    const { data, created } = await client.imageGeneration(request)
    expect([data, created]).toEqual([[{ url: 'https://replicate.delivery/a.png' }], 1_767_312_000])
    expect(last()).toMatchObject({ method: 'GET', path: '/v1/predictions/p1' })
  })

  it('are edited by the field that a model has for its image', async () => {
    for (const [model, field] of [
      ['black-forest-labs/flux-kontext-pro', { input_image: 'data:image/png;base64,AQID' }],
      ['stability-ai/sdxl', { image: 'data:image/png;base64,AQID' }],
      ['openai/gpt-image-1', { input_images: ['data:image/png;base64,AQID'] }],
    ] as const) {
      mock.reply({ raw: { body: { status: 'succeeded', output: ['data:image/png;base64,AQID'] } } })
      const { data } = await client.imageEdit({ model: `replicate/${model}`, prompt: 'Blue', image })
      expect(data).toEqual([{ b64_json: 'AQID' }])
      expect(last()?.body).toMatchObject({ input: { prompt: 'Blue', ...field } })
    }
  })

  it('have errors', async () => {
    mock.reply({ raw: { body: { status: 'failed', error: 'NSFW content detected.' } } })
    expect(await rejection(client.imageGeneration(request))).toMatchObject({ code: 'content_policy_violation' })
    expect(await rejection(client.imageGeneration({ ...request, response_format: 'b64_json' }))).toMatchObject({
      code: 'unsupported_params',
    })
  })
})

describe('images of hosts close to OpenAI', () => {
  it('have a path of their own at Fireworks', async () => {
    const model = 'fireworks_ai/accounts/fireworks/models/flux-1-schnell-fp8'
    const { data } = await client.imageGeneration({ model, prompt: 'A bicycle', size: '1024x1024', seed: 1 } as never)
    expect(data[0]?.b64_json).toMatch(/^iVBOR/)
    expect(last()).toMatchObject({
      path: '/inference/v1/workflows/accounts/fireworks/models/flux-1-schnell-fp8/text_to_image',
      headers: { accept: 'application/json' },
    })
    expect(last()?.body).toEqual({ prompt: 'A bicycle', aspect_ratio: '1:1', seed: 1 })
    expect(
      await rejection(client.imageGeneration({ model: 'fireworks_ai/flux-1-schnell-fp8', prompt: 'x' })),
    ).toMatchObject({ param: 'model' })
    expect(await rejection(client.imageGeneration({ model, prompt: 'x', n: 2 }))).toMatchObject({ params: ['n'] })
  })

  it('have width and height at Together AI', async () => {
    const model = 'together_ai/black-forest-labs/FLUX.1-schnell'
    await client.imageGeneration({
      model,
      prompt: 'x',
      size: '1024x768',
      response_format: 'b64_json',
      steps: 4,
    } as never)
    expect(last()?.body).toEqual({
      model: 'black-forest-labs/FLUX.1-schnell',
      prompt: 'x',
      width: 1024,
      height: 768,
      response_format: 'base64',
      steps: 4,
    })
  })

  it('have an aspect ratio at xAI', async () => {
    const model = 'xai/grok-imagine-image'
    await client.imageGeneration({ model, prompt: 'x', size: '1920x1080', n: 1 })
    expect(last()?.body).toEqual({ model: 'grok-imagine-image', prompt: 'x', aspect_ratio: '16:9', n: 1 })
    expect(await rejection(client.imageGeneration({ model, prompt: 'x', quality: 'hd' }))).toMatchObject({
      params: ['quality'],
    })
  })

  it("are in OpenAI's form at Recraft, with a price", async () => {
    const { meta } = await client.imageGeneration({ model: 'recraft/recraftv3', prompt: 'x', size: '1024x1024' })
    expect(meta.cost.total).toBeCloseTo(0.04, 9)
    expect(last()).toMatchObject({
      path: '/v1/images/generations',
      body: { model: 'recraftv3', prompt: 'x', size: '1024x1024' },
      headers: { authorization: 'Bearer k' },
    })
  })
})
