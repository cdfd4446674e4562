import type { ImageGenerationParams, ImageResponse } from '../../../src/types/image.js'
import {
  type DecodeContext,
  type Decoded,
  type EncodeContext,
  type Encoded,
  type PollRequest,
  ProviderFault,
} from '../../contract.js'
import { countIn, type Fields, isFields } from '../../fields.js'
import { Report } from '../../report.js'
import { aspectRatio, contentOf, dataUri, dimensionsOf } from '../../shared/image-size.js'
import type { ImageEditDialect, ImageGenerationDialect, ReadImageEditParams } from '../../shared/media-dialects.js'
import { imageGenerationDialect } from './images.js'

/** Images of hosts that are close to OpenAI's form, or have one of their own. Each is an export: in workers, an entry of its own brings them. */

/** Looked up late: the bundle for workers has OpenAI's part elsewhere. */
const decode: ImageGenerationDialect['decode'] = (body, context) => imageGenerationDialect.decode(body, context)

/** https://docs.together.ai/reference/post-images-generations: the size is in two fields, and base64 has another name. */
function togetherBody(params: ImageGenerationParams, context: EncodeContext, report: Report): Fields {
  const { size, response_format: format, quality, style, background, extra_body: _, ...rest } = params
  const { partial_images: partial, stream: __, user, moderation, output_compression: compression, ...body } = rest
  const [width, height] = size && size !== 'auto' ? (dimensionsOf(size) ?? []) : []
  if (size && size !== 'auto' && width === undefined) throw report.invalid('size', "must be such as '1024x1024'", size)
  if (quality && quality !== 'auto') report.unsupported('quality', "pass 'steps' for more detail")
  if (style) report.unsupported('style', 'put it into the prompt')
  if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
  if (compression != null) report.unsupported('output_compression', 'Together AI has no such setting')
  if (partial) report.dropped('partial_images', 'Together AI sends complete images only.')
  if (user) report.unsupported('user', 'Together AI has no ids of end users.')
  if (moderation) report.dropped('moderation', 'Together AI has no such setting.')
  return {
    ...body,
    model: context.model,
    ...(width !== undefined && { width, height }),
    ...(format && { response_format: format === 'b64_json' ? 'base64' : format }),
  }
}

const encoded = (body: Fields, report: Report): Encoded => {
  report.throwUnsupported()
  return { body, warnings: report.warnings }
}

export const togetherImages: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    return encoded(togetherBody(params, context, report), report)
  },
  decode,
})

/** Kontext models edit `image_url`; FLUX.2 and Google's models combine `reference_images`. */
export const togetherImageEdits: ImageEditDialect = Object.freeze({
  encode({ image, mask, input_fidelity: fidelity, ...params }: ReadImageEditParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    const several = /flux\.[2-9]|^google\//i.test(context.model)
    const images = image.map(dataUri)
    if (mask) report.unsupported('mask', 'describe the place in the prompt')
    if (fidelity) report.unsupported('input_fidelity', 'Together AI has no such setting')
    if (!several && images.length > 1) report.unsupported('image', 'this model edits one image')
    const body = togetherBody(params, context, report)
    return encoded({ ...body, ...(several ? { reference_images: images } : { image_url: images[0] }) }, report)
  },
  decode,
})

/** https://docs.x.ai/docs/guides/image-generations: the size is an aspect ratio. */
function xaiBody(params: ImageGenerationParams, context: EncodeContext, report: Report): Fields {
  const { size, quality, style, background, partial_images: partial, stream: _, extra_body: __, ...rest } = params
  const { user, moderation, output_format: output, output_compression: compression, ...body } = rest
  const ratio = size && size !== 'auto' ? aspectRatio(size, xaiRatios) : undefined
  if (size && size !== 'auto' && ratio === undefined) {
    throw report.invalid('size', "must be such as '1024x1024' or '16:9'", size)
  }
  const graded = /^grok-imagine-image-(?:[2-9]|\d\d)/.test(context.model)
  if (quality && quality !== 'auto' && !graded) report.unsupported('quality', 'grok-imagine-image-2.0 has it')
  if (style) report.unsupported('style', 'put it into the prompt')
  if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
  if (output) report.unsupported('output_format', 'xAI chooses the format')
  if (compression != null) report.unsupported('output_compression', 'xAI has no such setting')
  if (partial) report.dropped('partial_images', 'xAI sends complete images only.')
  if (moderation) report.dropped('moderation', 'xAI has no such setting.')
  return {
    ...body,
    model: context.model,
    ...(user && { user }),
    ...(ratio && { aspect_ratio: ratio }),
    ...(graded && quality && quality !== 'auto' && { quality }),
  }
}
const xaiRatios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2'] as const

export const xaiImages: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    return encoded(xaiBody(params, context, report), report)
  },
  decode,
})

/** https://docs.x.ai/docs/api-reference#edit-image: JSON with data URIs in place of a form; three images at most. */
export const xaiImageEdits: ImageEditDialect = Object.freeze({
  encode({ image, mask, input_fidelity: fidelity, ...params }: ReadImageEditParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    if (image.length > 3) throw report.invalid('image', `must have at most 3 images; got ${image.length}.`)
    if (fidelity) report.unsupported('input_fidelity', 'xAI has no such setting')
    const sent = image.map((one) => ({ url: dataUri(one), type: 'image_url' }))
    const body = xaiBody(params, context, report)
    return encoded(
      {
        ...body,
        ...(sent.length > 1 ? { images: sent } : { image: sent[0] }),
        ...(mask && { mask: { url: dataUri(mask), type: 'image_url' } }),
      },
      report,
    )
  },
  decode,
})

/** Parameters of OpenAI that no image model of Fireworks has, and the rest. */
function fireworksParams(params: ImageGenerationParams, context: EncodeContext, report: Report): Fields {
  const { prompt, n, size, quality, style, background, output_compression: compression, ...rest } = params
  const { model: _, partial_images: partial, stream: __, extra_body: ___, user, moderation, ...own } = rest
  if (!context.model.includes('/')) {
    throw report.invalid(
      'model',
      "must be a whole name such as 'accounts/fireworks/models/flux-1-schnell-fp8'",
      context.model,
    )
  }
  const ratio = size && size !== 'auto' ? aspectRatio(size, fireworksRatios) : undefined
  if (size && size !== 'auto' && ratio === undefined) {
    throw report.invalid('size', "must be such as '1024x1024' or '16:9'", size)
  }
  if (n != null && n !== 1) report.unsupported('n', 'send one request for each image')
  if (compression != null) report.unsupported('output_compression', 'Fireworks AI has no such setting')
  if (style) report.unsupported('style', 'put it into the prompt')
  if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
  if (quality && quality !== 'auto') {
    report.unsupported('quality', isKontext(context.model) ? "pass 'prompt_upsampling'" : "pass 'num_inference_steps'")
  }
  if (partial) report.dropped('partial_images', 'Fireworks AI sends complete images only.')
  if (user) report.unsupported('user', 'Fireworks AI has no ids of end users here.')
  if (moderation) report.dropped('moderation', "Fireworks AI has 'safety_tolerance' for FLUX Kontext only.")
  return { prompt, ...(ratio && { aspect_ratio: ratio }), ...own }
}
const fireworksRatios = ['1:1', '21:9', '16:9', '3:2', '5:4', '4:5', '2:3', '9:16', '9:21', '4:3', '3:4'] as const

/** FLUX Kontext runs as a job: see `imageJobs` of its row. */
const isKontext = (model: string): boolean => model.includes('flux-kontext')

/** https://docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt */
export const fireworksImages: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    const { response_format: format, output_format: output, ...body } = fireworksParams(params, context, report)
    if (format === 'url') report.unsupported('response_format', "this model answers with 'b64_json'")
    if (output) report.unsupported('output_format', 'this model has one format')
    const steps = countIn(body, 'num_inference_steps')
    return { ...encoded(body, report), headers: { accept: 'application/json' }, encodeState: steps }
  },
  decode(body: unknown, context: DecodeContext): Decoded<ImageResponse> {
    if (!isFields(body)) throw new ProviderFault('its answer was not an object')
    const { created, model, encodeState } = context
    const list: unknown[] = Array.isArray(body.base64) ? body.base64 : [body.base64]
    const data = list.flatMap((image) => (typeof image === 'string' && image ? [{ b64_json: contentOf(image) }] : []))
    if (data.length === 0) throw new ProviderFault('its answer has no image', isFields(body.error) ? body : undefined)
    const steps = typeof encodeState === 'number' ? encodeState : defaultSteps(model)
    const usage = { images: data.length, ...(steps !== undefined && { image_steps: steps * data.length }) }
    return { created, data, model, usage }
  },
})

/** Steps of a request without `num_inference_steps`, as Fireworks' price page has them. The number of FLUX.1 dev is not documented. */
const defaultSteps = (model: string): number | undefined => (model.includes('flux-1-schnell') ? 4 : undefined)

/** https://docs.fireworks.ai/api-reference/generate-or-edit-image-using-flux-kontext */
function kontextBody(params: ImageGenerationParams, context: EncodeContext, report: Report): Fields {
  const { response_format: format, output_format: output, ...body } = fireworksParams(params, context, report)
  if (format === 'b64_json') report.unsupported('response_format', "FLUX Kontext answers with URLs: 'url'")
  return { ...body, ...(output !== undefined && output !== null && { output_format: output }) }
}

export const kontextImages: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    return encoded(kontextBody(params, context, report), report)
  },
  decode: decodeKontext,
})

export const kontextImageEdits: ImageEditDialect = Object.freeze({
  encode({ image, mask, input_fidelity: fidelity, ...params }: ReadImageEditParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    const [first, ...more] = image
    if (more.length > 0) report.unsupported('image', 'FLUX Kontext edits one image')
    if (mask) report.unsupported('mask', 'describe the place in the prompt')
    if (fidelity) report.unsupported('input_fidelity', 'Fireworks AI has no such setting')
    const body = kontextBody(params, context, report)
    return encoded({ ...body, ...(first && { input_image: dataUri(first) }) }, report)
  },
  decode: decodeKontext,
})

/** For models of Fireworks that edit no images. */
export const fireworksImageEdits: ImageEditDialect = Object.freeze({
  encode(_: ReadImageEditParams, context: EncodeContext): Encoded {
    throw new Report(context).invalid(
      'model',
      "must be a FLUX Kontext model such as 'accounts/fireworks/models/flux-kontext-pro', which edits images",
      context.model,
    )
  },
  decode: decodeKontext,
})

/** https://docs.fireworks.ai/api-reference/get-generated-image-from-flux-kontex */
function decodeKontext(body: unknown, { created, model }: DecodeContext): Decoded<ImageResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { status, result, details } = body
  const image = isFields(result) ? result.sample : result
  if (status === 'Ready' && typeof image === 'string' && image !== '') {
    const data = [/^https?:/.test(image) ? { url: image } : { b64_json: contentOf(image) }]
    return { created, data, model, usage: { images: 1 } }
  }
  const blocked = status === 'Request Moderated' || status === 'Content Moderated'
  const message = `the job ended as '${String(status)}'${details == null ? '' : `: ${JSON.stringify(details)}`}`
  throw new ProviderFault(message, { error: { message, ...(blocked && { code: 'content_policy_violation' }) } })
}

/** The next request of a job, from its receipt or its state. */
export function kontextJob(body: unknown): PollRequest | undefined {
  if (!isFields(body)) return undefined
  const { request_id: receipt, id, status } = body
  const job = status === undefined ? (receipt ?? id) : status === 'Pending' ? id : undefined
  return typeof job === 'string' ? { url: '/get_result', body: JSON.stringify({ id: job }), afterMs: 500 } : undefined
}
