import type { GeneratedImage, ImageGenerationParams, ImageResponse } from '../../../src/types/image.js'
import type { MediaUsage } from '../../../src/types/usage.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { fieldsIn, isFields, textIn } from '../../fields.js'
import type { ImageEditDialect, ImageGenerationDialect, ReadImageEditParams } from '../../shared/media-dialects.js'
import { createdOf, isError } from './decode.js'
import { addUsage, mediaUsage } from './media-usage.js'
import type { OpenAIQuirks } from './quirks.js'

function encodeGeneration({ extra_body: _, ...params }: ImageGenerationParams, { model }: EncodeContext): Encoded {
  return { body: { ...params, model } }
}

function encodeEdit({ image, mask, extra_body: _, ...params }: ReadImageEditParams, { model }: EncodeContext): Encoded {
  const field = image.length === 1 ? 'image' : 'image[]'
  return {
    body: { ...params, model },
    files: [...image.map((file) => ({ field, ...file })), ...(mask ? [{ field: 'mask', ...mask }] : [])],
  }
}

function decode(body: unknown, context: DecodeContext): Decoded<ImageResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  if (!Array.isArray(body.data)) {
    throw new ProviderFault("its answer has no 'data'", isError(body) ? body : undefined)
  }
  const data = fieldsIn(body.data).map(imageOf)
  const about = (['background', 'output_format', 'quality', 'size'] as const).flatMap((name) => {
    const value = textIn(body, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    created: createdOf(body, context as DecodeContext<OpenAIQuirks>),
    data,
    model: textIn(body, 'model') || context.model,
    ...Object.fromEntries(about),
    usage: usageOf(body.usage) ?? { images: data.length },
  }
}

/** Usage of the answer, or of each image of a stream. */
const usageOf = (raw: unknown): MediaUsage | undefined =>
  Array.isArray(raw) ? raw.map((one) => mediaUsage(one, 'image')).reduce(addUsage, undefined) : mediaUsage(raw, 'image')

function imageOf(image: Record<string, unknown>, at: number): GeneratedImage {
  const { b64_json, url } = image
  if (typeof b64_json !== 'string' && typeof url !== 'string') throw new ProviderFault(`its image ${at} has no content`)
  return image as GeneratedImage
}

/** https://platform.openai.com/docs/api-reference/images/create */
export const imageGenerationDialect: ImageGenerationDialect = Object.freeze({ encode: encodeGeneration, decode })

/** https://platform.openai.com/docs/api-reference/images/createEdit */
export const imageEditDialect: ImageEditDialect = Object.freeze({ encode: encodeEdit, decode })
