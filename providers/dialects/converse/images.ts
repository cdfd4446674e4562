import { ContentPolicyViolationError } from '../../../src/errors.js'
import { base64 } from '../../../src/platform/index.js'
import type { ImageGenerationParams, ImageParams, ImageResponse } from '../../../src/types/image.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { type Fields, isFields } from '../../fields.js'
import { namedModel } from '../../models/index.js'
import { Report } from '../../report.js'
import { aspectRatio, dimensionsOf } from '../../shared/image-size.js'
import type { ImageEditDialect, ImageGenerationDialect, ReadImageEditParams } from '../../shared/media-dialects.js'

/** Images of Bedrock over InvokeModel: Nova Canvas and Titan, whose bodies are alike, and Stability's models. */

const isStability = (model: string): boolean => /(?:^|[./])stability\./.test(model)
const isAmazon = (model: string): boolean => /nova-canvas|titan-image/.test(model)

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-diffusion-stable-image-core-text-image-request-response.html */
const ratios = ['1:1', '16:9', '21:9', '2:3', '3:2', '4:5', '5:4', '9:16', '9:21'] as const

/** Reports what Bedrock has no equivalent for, and returns the fields that are the model's own. */
function ownFields(params: ImageGenerationParams & Partial<ReadImageEditParams>, report: Report): Fields {
  const { background, output_compression, response_format, partial_images, stream, user, style, ...rest } = params
  const { model: _, prompt: __, n: ___, size: ____, quality: _____, output_format: ______, ...more } = rest
  const { image, mask, input_fidelity, moderation, extra_body, ...own } = more
  if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
  if (output_compression != null) report.unsupported('output_compression', 'Bedrock has no such setting')
  if (style) report.unsupported('style', 'put it into the prompt')
  if (response_format === 'url') report.unsupported('response_format', "Bedrock answers with 'b64_json'")
  if (partial_images) report.dropped('partial_images', 'Bedrock sends complete images only.')
  if (user) report.unsupported('user', 'Bedrock has no ids of end users.')
  if (moderation) report.dropped('moderation', 'Bedrock has no such setting.')
  if (input_fidelity) report.dropped('input_fidelity', 'Bedrock has no such setting.')
  return own as Fields
}

/** https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html */
function amazonConfig({ n, size, quality, output_format: format }: ImageParams, own: Fields, report: Report): Fields {
  if (format && format !== 'png') report.unsupported('output_format', 'the images are PNG')
  const [width, height] = typeof size === 'string' ? (dimensionsOf(size) ?? []) : []
  if (size && size !== 'auto' && width === undefined) throw report.invalid('size', "must be such as '1024x1024'", size)
  return {
    numberOfImages: n ?? 1,
    ...(width !== undefined && { width, height }),
    ...(quality && quality !== 'auto' && { quality: /^(?:high|hd|premium)$/.test(quality) ? 'premium' : 'standard' }),
    ...own,
  }
}

function stabilityBody(params: ImageParams, own: Fields, report: Report): Fields {
  const { prompt, n, size, quality, output_format: format } = params
  if (n != null && n !== 1) report.unsupported('n', 'send one request for each image')
  if (quality && quality !== 'auto') report.unsupported('quality', 'choose the model: ultra, core or sd3-5-large')
  const ratio = size && size !== 'auto' ? aspectRatio(size, ratios) : undefined
  if (size && size !== 'auto' && ratio === undefined) {
    throw report.invalid('size', "must be such as '1024x1024' or '16:9'", size)
  }
  return { prompt, ...(ratio && { aspect_ratio: ratio }), ...(format && { output_format: format }), ...own }
}

const unknownModel = (report: Report, model: string) =>
  report.invalid(
    'model',
    "must be Nova Canvas, Titan Image or one of Stability's models ('stability.…') for images",
    model,
  )

function encodeGeneration(params: ImageGenerationParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const model = namedModel(context)
  const own = ownFields(params, report)
  if (isStability(model)) return finish(stabilityBody(params, own, report), report)
  if (!isAmazon(model)) throw unknownModel(report, model)
  const { negative_prompt: negative, ...config } = own
  const body = {
    taskType: 'TEXT_IMAGE',
    textToImageParams: { text: params.prompt, ...(negative !== undefined && { negativeText: negative }) },
    imageGenerationConfig: amazonConfig(params, config, report),
  }
  return finish(body, report)
}

function encodeEdit(params: ReadImageEditParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  const model = namedModel(context)
  const own = ownFields(params as never, report)
  const images = params.image.map(({ data }) => base64(data))
  const [first] = images
  const mask = params.mask && base64(params.mask.data)
  if (isStability(model)) {
    if (images.length > 1) report.unsupported('image', "Stability's models edit one image")
    const isDiffusion = /sd3|stable-image-(?:ultra|core)/.test(model)
    const body = {
      ...stabilityBody(params, own, report),
      image: first,
      ...(mask && { mask }),
      // models that generate need to be told how much of the image to keep
      ...(isDiffusion && { strength: own.strength ?? 0.7, ...(/sd3/.test(model) && { mode: 'image-to-image' }) }),
    }
    return finish(body, report)
  }
  if (!isAmazon(model)) throw unknownModel(report, model)
  const { negative_prompt: negative, similarity_strength: similarity, ...config } = own
  const negativeText = negative !== undefined && { negativeText: negative }
  if (mask) report.changed('mask', 'Nova Canvas edits the black area of a mask, and ignores transparency.')
  const task = mask
    ? {
        taskType: 'INPAINTING',
        inPaintingParams: { image: first, maskImage: mask, text: params.prompt, ...negativeText },
      }
    : {
        taskType: 'IMAGE_VARIATION',
        imageVariationParams: {
          images,
          text: params.prompt,
          ...(similarity !== undefined && { similarityStrength: similarity }),
          ...negativeText,
        },
      }
  return finish({ ...task, imageGenerationConfig: amazonConfig(params, config, report) }, report)
}

function finish(body: Fields, report: Report): Encoded {
  report.throwUnsupported()
  return { body, warnings: report.warnings }
}

function decode(body: unknown, context: DecodeContext): Decoded<ImageResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { provider, model, created } = context
  const { images, finish_reasons: reasons, error } = body
  const data = Array.isArray(images) ? images.filter((image) => typeof image === 'string' && image !== '') : []
  if (data.length > 0) {
    return { created, data: data.map((content) => ({ b64_json: content })), model, usage: { images: data.length } }
  }
  const why = [error, ...(Array.isArray(reasons) ? reasons : [])].find((reason) => typeof reason === 'string')
  if (why === undefined) throw new ProviderFault('its answer has no image')
  throw new ContentPolicyViolationError(
    `${provider}/${model} must return an image; got none (${why}). Change the prompt.`,
    {
      provider,
      model,
    },
  )
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html */
export const imageGeneration: ImageGenerationDialect = Object.freeze({ encode: encodeGeneration, decode })

/** https://docs.aws.amazon.com/nova/latest/userguide/image-gen-access.html */
export const imageEdit: ImageEditDialect = Object.freeze({ encode: encodeEdit, decode })
