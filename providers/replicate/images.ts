import type { GeneratedImage, ImageGenerationParams, ImageParams, ImageResponse } from '../../src/types/image.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../contract.js'
import { type Fields, isFields, textIn } from '../fields.js'
import { Report } from '../report.js'
import { aspectRatio, contentOf, dataUri, dimensionsOf } from '../shared/image-size.js'
import type { ImageEditDialect, ImageGenerationDialect, ReadImageEditParams } from '../shared/media-dialects.js'
import { versionOf } from './model.js'

/**
 * Image models on Replicate. Every model has its own schema and ignores unknown fields; the names here are those of FLUX, Stable Diffusion
 * and Imagen there. Fields with the model's own names are passed unchanged.
 * https://replicate.com/black-forest-labs/flux-schnell/api/schema
 */
const ratios = ['1:1', '16:9', '3:2', '2:3', '4:5', '5:4', '9:16', '3:4', '4:3', '21:9', '9:21'] as const

function inputOf(params: ImageGenerationParams, report: Report): Fields {
  const {
    prompt,
    n,
    size,
    output_format: format,
    output_compression: compression,
    quality,
    background,
    ...rest
  } = params
  const { model: _, response_format, partial_images, stream, user, moderation, extra_body, style, ...own } = rest
  if (response_format === 'b64_json') report.unsupported('response_format', "Replicate answers with URLs: 'url'")
  if (partial_images) report.dropped('partial_images', 'Replicate sends complete images only.')
  if (user) report.unsupported('user', 'Replicate has no ids of end users.')
  if (moderation) report.dropped('moderation', 'Replicate has no such setting.')
  const isOpenAI = /^openai\//.test(params.model)
  return {
    prompt,
    ...(n != null && { [isOpenAI ? 'number_of_images' : 'num_outputs']: n }),
    ...sizeOf(size, report),
    ...(format && { output_format: format === 'jpeg' && !isOpenAI ? 'jpg' : format }),
    ...(compression != null && { [isOpenAI ? 'output_compression' : 'output_quality']: compression }),
    ...(quality && { quality }),
    ...(background && { background }),
    ...(style && { style }),
    ...own,
  }
}

function sizeOf(size: ImageParams['size'], report: Report): Fields {
  if (!size || size === 'auto') return {}
  const ratio = aspectRatio(size, ratios)
  if (ratio === undefined) throw report.invalid('size', "must be such as '1024x1024' or '16:9'", size)
  const [width, height] = dimensionsOf(size) ?? []
  // models read either of them
  return { aspect_ratio: ratio, ...(width !== undefined && { width, height }) }
}

const encoded = (input: Fields, { model }: EncodeContext, report: Report): Encoded => {
  report.throwUnsupported()
  const version = versionOf(model)
  return {
    body: { ...(version !== undefined && { version }), input },
    // the request waits this many seconds for the result; until it returns, the prediction has no id to cancel it by
    headers: { prefer: 'wait=5' },
    warnings: report.warnings,
  }
}

function encodeGeneration(params: ImageGenerationParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  return encoded(inputOf({ ...params, model: context.model }, report), context, report)
}

function encodeEdit(params: ReadImageEditParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const { image, mask, input_fidelity: fidelity, ...rest } = params
  const images = image.map(dataUri)
  const [first] = images
  const several = /^(?:openai|google)\//.test(context.model)
  if (!several && images.length > 1) report.unsupported('image', 'this model edits one image')
  const input = {
    ...inputOf({ ...rest, model: context.model }, report),
    // https://replicate.com/black-forest-labs/flux-kontext-pro/api/schema has another name than others
    ...(several
      ? { [context.model.startsWith('google/') ? 'image_input' : 'input_images']: images }
      : { [/flux-kontext/.test(context.model) ? 'input_image' : 'image']: first }),
    ...(mask && { mask: dataUri(mask) }),
    ...(fidelity && { input_fidelity: fidelity }),
  }
  return encoded(input, context, report)
}

function decode(body: unknown, context: DecodeContext): Decoded<ImageResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { status, error, output } = body
  if (status !== 'succeeded') {
    const failed = status === 'failed' || status === 'canceled' || status === 'aborted' || error
    throw new ProviderFault(`its prediction is '${String(status)}'`, failed ? body : undefined)
  }
  const outputs: unknown[] = Array.isArray(output) ? output : [output]
  const data = outputs.flatMap(imageOf)
  if (data.length === 0) throw new ProviderFault('its output is no image: is this an image model?')
  const created = Date.parse(textIn(body, 'created_at') ?? '')
  return {
    created: Number.isNaN(created) ? context.created : Math.floor(created / 1000),
    data,
    model: context.model,
    usage: { images: data.length },
  }
}

function imageOf(output: unknown): GeneratedImage[] {
  if (typeof output !== 'string') return []
  if (output.startsWith('data:')) return [{ b64_json: contentOf(output) }]
  return /^https?:/.test(output) ? [{ url: output }] : []
}

/** https://replicate.com/docs/reference/http#predictions.create */
export const imageGeneration: ImageGenerationDialect = Object.freeze({ encode: encodeGeneration, decode })
export const imageEdit: ImageEditDialect = Object.freeze({ encode: encodeEdit, decode })
