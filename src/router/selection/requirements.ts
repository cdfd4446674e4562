import type { CallOperation } from '../../../providers/contract.js'
import { countByCharacters } from '../../tokens/estimate.js'
import type { ChatParams } from '../../types/chat.js'
import type { Facts } from '../deployments/deployment.js'

/** Cost of a call in US dollars: expected, and the highest possible. */
export interface PriceEstimate {
  readonly estimate: number
  readonly most: number
}

type Parameters = Readonly<Record<string, unknown>>

/** Requirements of a call on its deployment. Each is worked out when it is first read. */
export class Requirements {
  readonly operation: CallOperation
  /** Price estimates by model. */
  readonly prices = new Map<string, PriceEstimate>()
  /** Whether the model must continue the text of an assistant message. */
  readonly prefill: boolean
  /** Limit of the output tokens, if the call sets one. */
  readonly maxTokens: number | undefined
  readonly #model: string
  readonly #request: Parameters
  /** By the default parameters of deployments. */
  #withDefaults: Map<Parameters, Requirements> | undefined
  #tokens: number | undefined
  #characters: number | undefined
  #vision: boolean | undefined
  #jsonSchema: boolean | undefined

  /** @param request parameters; a `model` in it is ignored, so that a routed call need not copy its own */
  constructor(operation: CallOperation, model: string, request: Parameters, prefill = false) {
    this.operation = operation
    this.#model = model
    this.prefill = prefill
    this.maxTokens = findMaxTokens(operation, request)
    this.#request = request
  }

  /** Requirements on a deployment with default parameters. */
  withDefaults(defaults: Parameters | undefined): Requirements {
    if (defaults === undefined) return this
    this.#withDefaults ??= new Map()
    let requirements = this.#withDefaults.get(defaults)
    if (!requirements) {
      requirements = new Requirements(this.operation, this.#model, { ...defaults, ...this.#request }, this.prefill)
      this.#withDefaults.set(defaults, requirements)
    }
    return requirements
  }

  /** Whether the operation generates text: it has output tokens, tools and images. */
  get generates(): boolean {
    return generating.has(this.operation)
  }

  get tools(): boolean {
    const { tools } = this.#request
    return Array.isArray(tools) && tools.length > 0
  }

  get jsonSchema(): boolean {
    this.#jsonSchema ??= this.#hasJSONSchema()
    return this.#jsonSchema
  }

  #hasJSONSchema(): boolean {
    const { response_format: format, text, output_config: output } = this.#request
    if (this.operation === 'generateContent') {
      const { responseSchema, responseJsonSchema } = generationConfig(this.#request)
      if (responseSchema !== undefined || responseJsonSchema !== undefined) return true
    }
    if (isObject(output) && isObject(output.format)) return output.format.type === 'json_schema'
    if (isObject(text) && isObject(text.format)) return text.format.type === 'json_schema'
    return isObject(format) && (!('type' in format) || format.type === 'json_schema')
  }

  get vision(): boolean {
    this.#vision ??=
      hasImages(this.#request.messages) || hasImages(this.#request.input) || hasInlineImages(this.#request.contents)
    return this.#vision
  }

  get choices(): number {
    const { n } = this.#request
    return typeof n === 'number' && n > 1 ? n : 1
  }

  /** Characters of all texts: a cheap upper bound for tokens, because no text has more tokens than bytes. */
  get characters(): number {
    this.#characters ??= countCharacters(this.#request)
    return this.#characters
  }

  /** Estimated tokens of the prompt. */
  get promptTokens(): number {
    this.#tokens ??= this.#count()
    return this.#tokens
  }

  #count(): number {
    if (this.operation !== 'chat') return Math.ceil(this.characters / 3)
    const { messages, tools } = this.#request as unknown as ChatParams
    try {
      return countByCharacters(tools ? { model: this.#model, messages, tools } : { model: this.#model, messages })
    } catch {
      // unknown kinds of content can't be counted exactly
      return Math.ceil(this.characters / 3)
    }
  }
}

function findMaxTokens(operation: CallOperation, request: Parameters): number | undefined {
  if (operation === 'generateContent') {
    const { maxOutputTokens: most } = generationConfig(request)
    if (typeof most === 'number') return most
  }
  const { max_completion_tokens: completion, max_tokens: tokens, max_output_tokens: output } = request
  if (typeof completion === 'number') return completion
  if (typeof tokens === 'number') return tokens
  return typeof output === 'number' ? output : undefined
}

/** Parameters of generateContent. */
function generationConfig({ generationConfig: camel, generation_config: snake }: Parameters): Parameters {
  const config = camel ?? snake
  return isObject(config) ? config : none
}

const none: Parameters = Object.freeze({})

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** Parameters with text, of all operations. */
const textFields: ReadonlySet<string> = new Set([
  ...['messages', 'tools', 'input', 'prompt', 'instructions', 'documents', 'query', 'state', 'questions'],
  ...['system', 'contents', 'systemInstruction', 'system_instruction'],
])

function countCharacters(request: Parameters): number {
  let sum = 0
  // a request has few of the fields: looking up each of them would cost more than the count
  for (const name in request) if (textFields.has(name)) sum += charactersIn(request[name], 0)
  return sum
}

function charactersIn(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length
  let sum = 0
  if (Array.isArray(value)) {
    // token ids
    if (typeof value[0] === 'number') return value.length * 3
    // arrays within arrays may be nested without end
    for (const item of value) if (depth < 8) sum += charactersIn(item, Array.isArray(item) ? depth + 1 : depth)
  } else if (isObject(value) && depth < 8) {
    // no Object.values(): it would allocate an array for each object of a history
    for (const name in value) sum += charactersIn(value[name], depth + 1)
    if (isMedia(value)) sum -= value.data.length
  }
  return sum
}

/** Base64 is not read as text. */
const isMedia = (value: Record<string, unknown>): value is { data: string } =>
  typeof value.data === 'string' && (value.type === 'base64' || 'mimeType' in value || 'mime_type' in value)

/** @param items messages of a chat, or input items of the Responses API */
function hasImages(items: unknown): boolean {
  if (!Array.isArray(items)) return false
  for (const item of items as readonly { content?: unknown }[]) {
    if (!Array.isArray(item?.content)) continue
    for (const part of item.content as readonly { type?: unknown }[]) {
      if (part?.type === 'image_url' || part?.type === 'input_image' || part?.type === 'image') return true
    }
  }
  return false
}

/** @param contents turns of generateContent */
function hasInlineImages(contents: unknown): boolean {
  if (!Array.isArray(contents)) return false
  for (const turn of contents as readonly { parts?: unknown }[]) {
    if (!Array.isArray(turn?.parts)) continue
    for (const part of turn.parts as readonly Parameters[]) {
      const media = part?.inlineData ?? part?.inline_data ?? part?.fileData ?? part?.file_data
      if (isObject(media) && String(media.mimeType ?? media.mime_type).startsWith('image/')) return true
    }
  }
  return false
}

/** Operations that generate text. */
const generating: ReadonlySet<CallOperation> = new Set([
  ...(['chat', 'responses', 'messages', 'generateContent', 'textCompletion', 'decide'] as const),
])

export type Inability = 'tools' | 'images' | 'prefill' | 'length'

/** The first requirement that a model is known not to meet. Unknown facts exclude nothing. */
export function findInability(facts: Facts, requirements: Requirements): Inability | undefined {
  const { tools, vision, prefill, maxInputTokens: most } = facts
  if (requirements.generates) {
    if (tools === false && requirements.tools) return 'tools'
    if (vision === false && requirements.vision) return 'images'
    if (requirements.prefill && prefill !== true) return 'prefill'
  }
  // no text has more tokens than UTF-8 bytes, and a UTF-16 unit has at most 3 of them
  return most !== undefined && requirements.characters * 3 > most && requirements.promptTokens > most
    ? 'length'
    : undefined
}
