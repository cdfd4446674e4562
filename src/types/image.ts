import type { FileInput } from './bytes.js'
import type { CallMeta } from './meta.js'
import type { CallOptions } from './options.js'
import type { MediaUsage } from './usage.js'

/** Parameters of generated and of edited images. */
export interface ImageParams {
  /** Name of the model. */
  model: string
  /** Description of the image. */
  prompt: string
  /** Number of images. @default 1 */
  n?: number | null
  /** `1024x1024`, `auto` and others by model. Gemini and Imagen: the nearest aspect ratio. @default the model's */
  size?: string | null
  /** `low`, `medium`, `high`, `auto`, or `standard` and `hd`, by model. @default the model's */
  quality?: string | null
  /** Transparency of the background. @default 'auto' */
  background?: 'transparent' | 'opaque' | 'auto' | null
  /** Format of the image. @default 'png' */
  output_format?: 'png' | 'jpeg' | 'webp' | (string & {}) | null
  /** Compression in percent, for `jpeg` and `webp`. @default 100 */
  output_compression?: number | null
  /** `url` or `b64_json`, for models that offer both. */
  response_format?: 'url' | 'b64_json' | null
  /** Number of partial images in a stream, 0 to 3. */
  partial_images?: number | null
  /** True for a stream of events, with partial images. @default false */
  stream?: boolean
  /** Id of the end user. */
  user?: string | null
  /** Merged last into the provider's body, unchanged. */
  extra_body?: Record<string, unknown>
}

/** Parameters of a generated image in snake_case: https://platform.openai.com/docs/api-reference/images/create */
export interface ImageGenerationParams extends ImageParams {
  /** Strictness of the provider's filter. @default 'auto' */
  moderation?: 'auto' | 'low' | null
  /** `vivid` or `natural`, for dall-e-3. */
  style?: string | null
}

/** Parameters of an edited image in snake_case: https://platform.openai.com/docs/api-reference/images/createEdit */
export interface ImageEditParams extends ImageParams {
  /** The image to edit, or several to combine. */
  image: FileInput | readonly FileInput[]
  /** An image whose transparent areas show where to edit the first one. */
  mask?: FileInput | null
  /** Effort to keep features such as faces. */
  input_fidelity?: 'high' | 'low' | null
}

/** A request for images. */
export type ImageGenerationRequest<Stream extends boolean = boolean> = Omit<ImageGenerationParams, 'stream'> &
  CallOptions & {
    /** True for a stream of events, with partial images. @default false */
    stream?: Stream | undefined
  }

/** A request for edited images. */
export type ImageEditRequest<Stream extends boolean = boolean> = Omit<ImageEditParams, 'stream'> &
  CallOptions & {
    /** True for a stream of events, with partial images. @default false */
    stream?: Stream | undefined
  }

/** An image: its content, or a URL that the provider keeps for a while. */
export interface GeneratedImage {
  /** Content in base64. */
  b64_json?: string
  /** URL of the content. */
  url?: string
  /** The prompt as the provider changed it. */
  revised_prompt?: string
}

/** Generated or edited images. */
export interface ImageResponse {
  /** Unix time in seconds. */
  created: number
  /** The images. */
  data: GeneratedImage[]
  /** The answering model, as named by the provider, or as requested. */
  model: string
  /** Background of the images. */
  background?: string
  /** Format of the images. */
  output_format?: string
  /** Quality of the images. */
  quality?: string
  /** Size of the images. */
  size?: string
  /** Billed units: tokens if the provider reports them, else the number of images. */
  usage?: MediaUsage
  /** Cost, timing, attempts and warnings of the call. Not enumerable: absent from JSON, spreads and comparisons. */
  readonly meta: CallMeta
}

/** An event of streamed images, as OpenAI sends it: a partial image, or a complete one. */
export interface ImageEvent {
  /** `image_generation.partial_image`, `image_generation.completed`, or the same with `image_edit`. */
  type: `image_${'generation' | 'edit'}.${'partial_image' | 'completed'}`
  /** The image so far, or the complete image, in base64. */
  b64_json: string
  /** Position of a partial image, from 0. */
  partial_image_index?: number
  /** Other fields of the provider, such as `size` and `output_format`. */
  [field: string]: unknown
}
