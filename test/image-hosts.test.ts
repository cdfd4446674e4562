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
    expect(await rejection(client.imageEdit({ model, prompt: 'x', image }))).toMatchObject({ param: 'model' })
  })

  it('cost by step at Fireworks, if the steps are known', async () => {
    const model = 'fireworks_ai/accounts/fireworks/models/flux-1-schnell-fp8'
    const { usage, meta } = await client.imageGeneration({ model, prompt: 'x' })
    expect(usage).toEqual({ images: 1, image_steps: 4 })
    expect(meta.cost.total).toBeCloseTo(0.0014, 9)
    const dev = { model: 'fireworks_ai/accounts/fireworks/models/flux-1-dev-fp8', prompt: 'x' }
    const counted = await client.imageGeneration({ ...dev, num_inference_steps: 20 } as never)
    expect(counted.meta.cost.total).toBeCloseTo(0.01, 9)
    const unknown = await client.imageGeneration(dev)
    expect(unknown.meta.cost).toMatchObject({ total: undefined, reason: 'missing_usage' })
  })

  it('run as a job for FLUX Kontext at Fireworks', async () => {
    const model = 'fireworks_ai/accounts/fireworks/models/flux-kontext-pro'
    const from = mock.requests.length
    mock.reply({ raw: { body: { request_id: 'job-7' } } })
    mock.reply({ raw: { body: { id: 'job-7', status: 'Pending', result: null, progress: 0.3 } } })
    mock.reply({ raw: { body: { id: 'job-7', status: 'Ready', result: { sample: 'https://images.example/7.png' } } } })
    const { data, meta } = await client.imageEdit({ model, prompt: 'Blue', image, size: '1536x1024', seed: 1 } as never)
    expect(data).toEqual([{ url: 'https://images.example/7.png' }])
    expect(meta.cost.total).toBeCloseTo(0.04, 9)
    const path = '/inference/v1/workflows/accounts/fireworks/models/flux-kontext-pro'
    expect(mock.requests.slice(from).map(({ method, path, body }) => ({ method, path, body }))).toEqual([
      {
        method: 'POST',
        path,
        body: { prompt: 'Blue', aspect_ratio: '3:2', seed: 1, input_image: 'data:image/png;base64,AQID' },
      },
      { method: 'POST', path: `${path}/get_result`, body: { id: 'job-7' } },
      { method: 'POST', path: `${path}/get_result`, body: { id: 'job-7' } },
    ])
    expect(last()?.headers).toMatchObject({ authorization: 'Bearer k', 'content-type': 'application/json' })
    const generated = await client.imageGeneration({ model, prompt: 'A bicycle', output_format: 'png' })
    expect(generated.data[0]?.url).toMatch(/^https:/)
  })

  it('have errors of FLUX Kontext: a blocked prompt, a failed job, an unsupported parameter', async () => {
    const model = 'fireworks_ai/accounts/fireworks/models/flux-kontext-max'
    for (const [status, code] of [
      ['Request Moderated', 'content_policy_violation'],
      ['Content Moderated', 'content_policy_violation'],
      ['Error', 'internal_server'],
      ['Task not found', 'internal_server'],
    ] as const) {
      mock.reply({ raw: { body: { request_id: 'job-8' } } })
      mock.reply({ raw: { body: { id: 'job-8', status, result: null, details: { why: 'x' } } } })
      expect(await rejection(client.imageGeneration({ model, prompt: 'x' }))).toMatchObject({
        code,
        message: expect.stringContaining(`the job ended as '${status}': {"why":"x"}`),
      })
    }
    const request = { model, prompt: 'x', image: [image, image], mask: image, response_format: 'b64_json' } as const
    expect(await rejection(client.imageEdit(request))).toMatchObject({
      code: 'unsupported_params',
      params: ['image', 'mask', 'response_format'],
    })
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

  it('are edited by a generation at Together AI', async () => {
    const kontext = 'together_ai/black-forest-labs/FLUX.1-kontext-pro'
    await client.imageEdit({ model: kontext, prompt: 'Blue', image, size: '1024x768' })
    expect(last()).toMatchObject({
      path: '/v1/images/generations',
      body: { prompt: 'Blue', width: 1024, height: 768, image_url: 'data:image/png;base64,AQID' },
    })
    const uri = 'data:image/png;base64,AQID'
    await client.imageEdit({ model: 'together_ai/black-forest-labs/FLUX.2-pro', prompt: 'x', image: [image, image] })
    expect(last()?.body).toMatchObject({ reference_images: [uri, uri] })
    expect(
      await rejection(client.imageEdit({ model: kontext, prompt: 'x', image: [image, image], mask: image })),
    ).toMatchObject({ params: ['mask', 'image'] })
  })

  it('are edited with data URIs at xAI', async () => {
    const model = 'xai/grok-imagine-image'
    mock.reply({
      raw: { body: { data: [{ url: 'https://images.example/1.jpg' }], usage: { cost_in_usd_ticks: 220_000_000 } } },
    })
    const { meta } = await client.imageEdit({ model, prompt: 'Blue', image, size: '16:9' })
    expect(meta.cost.total).toBeCloseTo(0.022, 9)
    const sent = { url: 'data:image/png;base64,AQID', type: 'image_url' }
    expect(last()).toMatchObject({ path: '/v1/images/edits', headers: { 'content-type': 'application/json' } })
    expect(last()?.body).toEqual({ model: 'grok-imagine-image', prompt: 'Blue', aspect_ratio: '16:9', image: sent })
    await client.imageEdit({ model: `${model}-2.0`, prompt: 'x', image: [image, image], mask: image, quality: 'high' })
    expect(last()?.body).toEqual({
      model: 'grok-imagine-image-2.0',
      prompt: 'x',
      quality: 'high',
      images: [sent, sent],
      mask: sent,
    })
    const four = [image, image, image, image]
    expect(await rejection(client.imageEdit({ model, prompt: 'x', image: four }))).toMatchObject({ param: 'image' })
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
