import { ContentPolicyViolationError } from '../../../src/errors.js'
import { base64 } from '../../../src/platform/index.js'
import type { GeneratedImage, ImageGenerationParams, ImageParams, ImageResponse } from '../../../src/types/image.js'
import { type DecodeContext, type Decoded, type EncodeContext, type Encoded, ProviderFault } from '../../contract.js'
import { fieldsIn, isFields, textIn } from '../../fields.js'
import { Report } from '../../report.js'
import { aspectRatio } from '../../shared/image-size.js'
import type { ImageEditDialect, ImageGenerationDialect, ReadImageEditParams } from '../../shared/media-dialects.js'
import { mediaFields } from './params.js'
import { decodeUsage } from './usage.js'
import { toCamel, type WireUsage } from './wire.js'

/** Images of Google: Imagen's `predict`, and Gemini's generateContent with images in its answer. */

/** Imagen has its own method. */
export const isImagen = (model: string): boolean => /(?:^|\/)imagen-/.test(model)

/** https://ai.google.dev/gemini-api/docs/image-generation#aspect_ratios; Imagen has the first five. */
const ratios = ['1:1', '3:4', '4:3', '9:16', '16:9', '2:3', '3:2', '4:5', '5:4', '21:9'] as const

interface Form {
  readonly aspectRatio?: string
  /** `1K`, `2K` or `4K`. */
  readonly imageSize?: string
}

/** Size of the image in Google's terms; reports what Google has no equivalent for. */
function formOf(params: ImageParams, report: Report, known: readonly string[]): Form {
  const { size, quality, background, partial_images: partial, response_format: answer, user } = params
  let form: Form = {}
  if (typeof size === 'string' && size !== 'auto') {
    const ratio = aspectRatio(size, known)
    if (/^[124]K$/.test(size)) form = { imageSize: size }
    else if (ratio === undefined) throw report.invalid('size', "must be '1024x1024', '16:9' or '2K'", size)
    else form = { aspectRatio: ratio }
  }
  if (quality && quality !== 'auto') report.unsupported('quality', "pass size: '2K' for more detail")
  if (background && background !== 'auto') report.unsupported('background', 'Google has no such setting')
  if (partial) report.dropped('partial_images', 'Google sends complete images only.')
  if (answer === 'url') report.unsupported('response_format', "Google answers with 'b64_json'")
  if (user) report.unsupported('user', 'Google has no ids of end users.')
  return form
}

/** Parameters that llmux translates. All others are the model's own. */
const readParams: ReadonlySet<string> = new Set([
  ...['model', 'prompt', 'n', 'size', 'quality', 'background', 'output_format', 'output_compression', 'style'],
  ...['response_format', 'partial_images', 'stream', 'user', 'extra_body', 'moderation', 'image', 'mask'],
  'input_fidelity',
])

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

function encodeImagen(params: ImageGenerationParams, report: Report): Encoded {
  const { prompt, n, output_format: format, output_compression: quality } = params
  const { imageSize, ...form } = formOf(params, report, ratios.slice(0, 5))
  report.throwUnsupported()
  return {
    body: {
      instances: [{ prompt }],
      parameters: {
        sampleCount: n ?? 1,
        ...form,
        ...(imageSize && { sampleImageSize: imageSize }),
        ...(isGiven(format) && {
          outputOptions: { mimeType: `image/${format}`, ...(isGiven(quality) && { compressionQuality: quality }) },
        }),
        ...imagenFields(params),
      },
    },
    warnings: report.warnings,
  }
}

/** `negative_prompt`, `seed`, `person_generation` …: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api */
const imagenFields = (params: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).flatMap(([name, value]) =>
      readParams.has(name) || value === undefined ? [] : [[toCamel(name), value] as const],
    ),
  )

function encodeGemini(params: ImageParams, files: readonly Record<string, unknown>[], report: Report): Encoded {
  const { prompt, n, output_format: format, output_compression: compression } = params
  if (isGiven(n) && n !== 1) report.unsupported('n', 'send one request for each image')
  if (isGiven(format) && format !== 'png') report.unsupported('output_format', 'Gemini chooses the format')
  if (isGiven(compression)) report.unsupported('output_compression', 'Gemini chooses the format')
  const form = formOf(params, report, ratios)
  report.throwUnsupported()
  const { config, toolConfig, root } = mediaFields(params, readParams)
  const { imageConfig, ...own } = config
  const image = { ...form, ...(isFields(imageConfig) && imageConfig) }
  return {
    body: {
      contents: [{ role: 'user', parts: [...files, { text: prompt }] }],
      generationConfig: {
        // some models refuse images alone
        responseModalities: ['TEXT', 'IMAGE'],
        ...(Object.keys(image).length > 0 && { imageConfig: image }),
        ...own,
      },
      ...(Object.keys(toolConfig).length > 0 && { toolConfig }),
      ...root,
    },
    warnings: report.warnings,
  }
}

function encodeGeneration(params: ImageGenerationParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  if (isGiven(params.moderation)) report.dropped('moderation', 'Google has no such setting.')
  if (isGiven(params.style)) report.unsupported('style', 'put it into the prompt')
  return isImagen(context.model) ? encodeImagen(params, report) : encodeGemini(params, [], report)
}

function encodeEdit(params: ReadImageEditParams, context: EncodeContext): Encoded {
  const report = new Report(context)
  if (isImagen(context.model)) {
    throw report.invalid('model', 'must be a Gemini model with images for imageEdit()', context.model)
  }
  if (params.mask) report.unsupported('mask', 'describe the area in the prompt')
  if (isGiven(params.input_fidelity)) report.dropped('input_fidelity', 'Gemini has no such setting.')
  const files = params.image.map(({ type, data }) => ({ inlineData: { mimeType: type, data: base64(data) } }))
  return encodeGemini(params, files, report)
}

function decode(body: unknown, context: DecodeContext): Decoded<ImageResponse> {
  if (!isFields(body)) throw new ProviderFault('its answer was not an object')
  const { created, model } = context
  if (Array.isArray(body.predictions)) {
    const predictions = fieldsIn(body.predictions)
    const data = predictions.flatMap(imagenImage)
    if (data.length === 0)
      throw blocked(
        context,
        predictions.map((one) => textIn(one, 'raiFilteredReason')),
      )
    return { created, data, model, usage: { images: data.length } }
  }
  const candidates = fieldsIn(body.candidates)
  const parts = candidates.flatMap(({ content }) => (isFields(content) ? fieldsIn(content.parts) : []))
  // drafts of a model that thinks are no answer
  const data = parts.filter(({ thought }) => thought !== true).flatMap(geminiImage)
  if (data.length === 0) {
    const feedback = isFields(body.promptFeedback) ? textIn(body.promptFeedback, 'blockReason') : undefined
    const reasons = candidates.map((one) => textIn(one, 'finishReason')).filter((reason) => reason !== 'STOP')
    if (feedback !== undefined || reasons.some(Boolean)) throw blocked(context, [feedback, ...reasons])
    throw new ProviderFault('its answer has no image', isFields(body.error) ? body : undefined)
  }
  const usage = decodeUsage(body.usageMetadata as WireUsage | undefined)
  return { created, data, model: textIn(body, 'modelVersion') || model, usage: usage ?? { images: data.length } }
}

function imagenImage({ bytesBase64Encoded: content, prompt }: Record<string, unknown>): GeneratedImage[] {
  if (typeof content !== 'string') return []
  return [{ b64_json: content, ...(typeof prompt === 'string' && { revised_prompt: prompt }) }]
}

function geminiImage({ inlineData }: Record<string, unknown>): GeneratedImage[] {
  const content = isFields(inlineData) ? textIn(inlineData, 'data') : undefined
  return content === undefined ? [] : [{ b64_json: content }]
}

function blocked({ provider, model }: DecodeContext, reasons: readonly (string | undefined)[]): Error {
  const reason = reasons.filter(Boolean).join(', ')
  return new ContentPolicyViolationError(
    `${provider}/${model} must return an image; got none${reason && ` (${reason})`}. Change the prompt.`,
    { provider, model },
  )
}

/** https://ai.google.dev/gemini-api/docs/image-generation, https://ai.google.dev/gemini-api/docs/imagen */
export const imageGeneration: ImageGenerationDialect = Object.freeze({ encode: encodeGeneration, decode })

/** https://ai.google.dev/gemini-api/docs/image-generation */
export const imageEdit: ImageEditDialect = Object.freeze({ encode: encodeEdit, decode })
