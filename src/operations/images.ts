import type { ReadImageEditParams } from '../../providers/shared/media-dialects.js'
import { EventAccumulator, type EventReader, EventStream } from '../call/event-stream.js'
import type { Upload } from '../call/form.js'
import type { OperationSpec, Params } from '../call/operation.js'
import { BadRequestError, got } from '../errors.js'
import type { FileInput } from '../types/bytes.js'
import type {
  ImageEditRequest,
  ImageEvent,
  ImageGenerationParams,
  ImageGenerationRequest,
  ImageResponse,
} from '../types/image.js'
import type { CallOptions } from '../types/options.js'
import { plainOperation } from './plain.js'
import { checkStream } from './shapes.js'

/** Streamed images. */
export type ImageStream = EventStream<ImageEvent, ImageResponse>

/** A stream of events for `stream: true`, else the images. */
export type ImageResult<Stream extends boolean> = boolean extends Stream
  ? ImageResponse | ImageStream
  : Stream extends true
    ? ImageStream
    : ImageResponse

export interface ImageGenerationMethod<Extra, Options> {
  /**
   * Generates images from a description.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const { data } = await client.imageGeneration({ model: 'openai/gpt-image-1', prompt: 'A red bicycle', size: '1024x1024' })
   * await writeFile('bicycle.png', Buffer.from(data[0].b64_json, 'base64'))
   */
  imageGeneration<const Stream extends boolean = false>(
    request: ImageGenerationRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<ImageResult<Stream>>
}

export interface ImageEditMethod<Extra, Options> {
  /**
   * Edits an image, or combines several, by a description.
   * @throws {LLMError} the class depends on the failure
   * @example
   * const image = { data: await readFile('bicycle.png'), filename: 'bicycle.png', type: 'image/png' }
   * const { data } = await client.imageEdit({ model: 'openai/gpt-image-1', prompt: 'Make it blue', image })
   */
  imageEdit<const Stream extends boolean = false>(
    request: ImageEditRequest<Stream> & Extra,
    options?: CallOptions & Options,
  ): Promise<ImageResult<Stream>>
}

type Kind = 'generation' | 'edit'
type Decode = (body: unknown) => Omit<ImageResponse, 'meta'>

const readerOf = (kind: Kind, decode: Decode): EventReader<ImageEvent, ImageResponse> => ({
  hasContent: () => true,
  completes: ({ type }) => type.endsWith('.completed'),
  answer(events) {
    const complete = events.filter(({ type }) => type.endsWith('.completed'))
    const shown = complete.length > 0 ? complete : events.slice(-1)
    const about = shown.at(-1)
    const created = about?.created ?? about?.created_at
    return decode({
      ...about,
      ...(created !== undefined && { created }),
      data: shown.map(({ b64_json, url, revised_prompt: revised }) => ({
        ...(b64_json !== undefined && { b64_json }),
        ...(url !== undefined && { url }),
        ...(revised !== undefined && { revised_prompt: revised }),
      })),
      // each event has the usage of its own image
      usage: complete.map(({ usage }) => usage),
    })
  },
  decode,
  events: ({ data, usage: _, ...about }) =>
    data.map((image) => ({
      ...about,
      ...image,
      type: `image_${kind}.completed` as const,
      b64_json: image.b64_json ?? '',
    })),
})

const common = [
  ...['model', 'prompt', 'n', 'size', 'quality', 'background', 'output_format', 'output_compression'],
  ...['response_format', 'partial_images', 'stream', 'user', 'extra_body'],
]

const hosts = 'OpenAI, Azure, Gemini, Vertex AI, Bedrock, Replicate, Fireworks AI, xAI and Together AI do.'

function check(params: Params): void {
  const { prompt } = params
  if (typeof prompt !== 'string' || prompt === '') {
    throw new BadRequestError(`'prompt' must be a non-empty string; ${got(prompt)}.`, { param: 'prompt' })
  }
  checkStream(params)
}

const streamOf =
  (
    kind: Kind,
  ): NonNullable<OperationSpec<{ decode(body: unknown, context: never): Omit<ImageResponse, 'meta'> }>['stream']> =>
  ({ part }, call) => ({
    read: () => new EventAccumulator(readerOf(kind, (body) => part.decode(body, call.decodeContext() as never))),
    estimate: () => undefined,
    complete: (answer) => answer,
    stream: (parts) => new EventStream(parts as unknown as ConstructorParameters<typeof EventStream>[0]),
  })

export const imageGeneration = plainOperation<ImageGenerationParams, ImageResponse>({
  name: 'imageGeneration',
  params: new Set([...common, 'moderation', 'style']),
  check,
  openai: async () => (await import('../../providers/dialects/openai/images.js')).imageGenerationDialect,
  unsupported: ({ name }) => `${name} has no images here. ${hosts}`,
  stream: streamOf('generation'),
})

export const imageEdit = plainOperation<ReadImageEditParams, ImageResponse>({
  name: 'imageEdit',
  params: new Set([...common, 'image', 'mask', 'input_fidelity']),
  formTypes: { n: 'number', output_compression: 'number', partial_images: 'number', stream: 'boolean' },
  check(params) {
    const { image } = params
    if (typeof image !== 'object' || image === null || (Array.isArray(image) && image.length === 0)) {
      throw new BadRequestError(
        `'image' must be a Blob, a Uint8Array, an ArrayBuffer or { data, filename, type }, or a non-empty array of them; ${got(image)}.`,
        { param: 'image' },
      )
    }
    check(params)
  },
  async ready(params) {
    const given = (Array.isArray(params.image) ? params.image : [params.image]) as FileInput[]
    params.image = await Promise.all(given.map((file, at) => upload(given.length > 1 ? `image[${at}]` : 'image', file)))
    if (params.mask === null || params.mask === undefined) delete params.mask
    else params.mask = await upload('mask', params.mask as FileInput)
  },
  openai: async () => (await import('../../providers/dialects/openai/images.js')).imageEditDialect,
  unsupported: ({ name }) =>
    `${name} has no edited images here. OpenAI, Azure, Gemini, Vertex AI, Bedrock, Replicate, Fireworks AI, xAI and Together AI do.`,
  stream: streamOf('edit'),
})

async function upload(param: string, file: FileInput): Promise<Upload> {
  const { readFile } = await import('../call/form.js')
  return readFile(param, file, { name: `${param.replace(/\W+/g, '')}.png`, type: 'image/png' })
}
