import type { ImageGenerationParams, ImageResponse } from '../../../src/types/image.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { isFields } from '../../fields.js'
import { Report } from '../../report.js'
import { aspectRatio, contentOf, dimensionsOf } from '../../shared/image-size.js'
import type { ImageGenerationDialect } from '../../shared/media-dialects.js'
import { imageGenerationDialect } from './images.js'

/** Images of hosts that are close to OpenAI's form, or have one of their own. */

/** Looked up late: the bundle for workers has OpenAI's part elsewhere. */
const decode: ImageGenerationDialect['decode'] = (body, context) => imageGenerationDialect.decode(body, context)

/** https://docs.together.ai/reference/post-images-generations: the size is in two fields, and base64 has another name. */
const together: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    const { size, response_format: format, quality, style, background, extra_body: _, ...rest } = params
    const { partial_images: partial, stream: __, user, moderation, output_compression: compression, ...body } = rest
    const [width, height] = size && size !== 'auto' ? (dimensionsOf(size) ?? []) : []
    if (size && size !== 'auto' && width === undefined)
      throw report.invalid('size', "must be such as '1024x1024'", size)
    if (quality && quality !== 'auto') report.unsupported('quality', "pass 'steps' for more detail")
    if (style) report.unsupported('style', 'put it into the prompt')
    if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
    if (compression != null) report.unsupported('output_compression', 'Together AI has no such setting')
    if (partial) report.dropped('partial_images', 'Together AI sends complete images only.')
    if (user) report.unsupported('user', 'Together AI has no ids of end users.')
    if (moderation) report.dropped('moderation', 'Together AI has no such setting.')
    report.throwUnsupported()
    return {
      body: {
        ...body,
        model: context.model,
        ...(width !== undefined && { width, height }),
        ...(format && { response_format: format === 'b64_json' ? 'base64' : format }),
      },
      warnings: report.warnings,
    }
  },
  decode,
})

/** https://docs.x.ai/docs/guides/image-generations: the size is an aspect ratio. */
const xai: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    const { size, quality, style, background, partial_images: partial, stream: _, extra_body: __, ...body } = params
    const ratio = size && size !== 'auto' ? aspectRatio(size, xaiRatios) : undefined
    if (size && size !== 'auto' && ratio === undefined) {
      throw report.invalid('size', "must be such as '1024x1024' or '16:9'", size)
    }
    if (quality && quality !== 'auto') report.unsupported('quality', 'xAI has no such setting')
    if (style) report.unsupported('style', 'put it into the prompt')
    if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
    if (partial) report.dropped('partial_images', 'xAI sends complete images only.')
    report.throwUnsupported()
    return {
      body: { ...body, model: context.model, ...(ratio && { aspect_ratio: ratio }) },
      warnings: report.warnings,
    }
  },
  decode,
})
const xaiRatios = ['1:1', '16:9', '9:16', '4:3', '3:4', '3:2', '2:3', '2:1', '1:2'] as const

/** https://docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt */
const fireworks: ImageGenerationDialect = Object.freeze({
  encode(params: ImageGenerationParams, context: EncodeContext): Encoded {
    const report = new Report(context)
    const { prompt, n, size, response_format: format, output_format: output, quality, style, ...rest } = params
    const { model: _, background, output_compression: compression, partial_images: partial, ...more } = rest
    const { stream: __, extra_body: ___, user, moderation, ...own } = more
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
    if (format === 'url') report.unsupported('response_format', "Fireworks AI answers with 'b64_json'")
    if (output) report.unsupported('output_format', 'Fireworks AI chooses the format')
    if (compression != null) report.unsupported('output_compression', 'Fireworks AI has no such setting')
    if (quality && quality !== 'auto') report.unsupported('quality', "pass 'num_inference_steps' for more detail")
    if (style) report.unsupported('style', 'put it into the prompt')
    if (background && background !== 'auto') report.unsupported('background', 'describe it in the prompt')
    if (partial) report.dropped('partial_images', 'Fireworks AI sends complete images only.')
    if (user) report.unsupported('user', 'Fireworks AI has no ids of end users here.')
    if (moderation) report.dropped('moderation', 'Fireworks AI has no such setting.')
    report.throwUnsupported()
    return {
      body: { prompt, ...(ratio && { aspect_ratio: ratio }), ...own },
      headers: { accept: 'application/json' },
      warnings: report.warnings,
    }
  },
  decode(body: unknown, context: DecodeContext): Decoded<ImageResponse> {
    if (!isFields(body)) throw new ProviderFault('its answer was not an object')
    const { created, model } = context
    const list: unknown[] = Array.isArray(body.base64) ? body.base64 : [body.base64]
    const data = list.flatMap((image) => (typeof image === 'string' && image ? [{ b64_json: contentOf(image) }] : []))
    if (data.length === 0) throw new ProviderFault('its answer has no image', isFields(body.error) ? body : undefined)
    return { created, data, model, usage: { images: data.length } }
  },
})
const fireworksRatios = ['1:1', '21:9', '16:9', '3:2', '5:4', '4:5', '2:3', '9:16', '9:21', '4:3', '3:4'] as const

/** By the name in a row. */
export const imageForms = { together, xai, fireworks } as const
