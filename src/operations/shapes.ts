import type { Params } from '../call/operation.js'
import { BadRequestError, got } from '../errors.js'

/** @throws {BadRequestError} unless `stream` is a boolean or absent */
export function checkStream({ stream }: Params): void {
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw new BadRequestError(`'stream' must be a boolean; ${got(stream)}.`, { param: 'stream' })
  }
}

/**
 * @param advice a sentence for the end of the message
 * @throws {BadRequestError} unless `messages` is a non-empty array of messages
 */
export function checkMessages(messages: unknown, advice = ''): void {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw new BadRequestError(
      `'messages' must be a non-empty array, for example [{ role: 'user', content: 'Hello' }]; ${got(messages)}.${advice && ` ${advice}`}`,
      { param: 'messages' },
    )
  }
  for (let at = 0; at < messages.length; at++) {
    const message: unknown = messages[at]
    if (typeof message !== 'object' || message === null) {
      throw new BadRequestError(`'messages[${at}]' must be an object such as { role, content }; ${got(message)}.`, {
        param: 'messages',
      })
    }
    const { content } = message as { readonly content?: unknown }
    if (Array.isArray(content)) checkImages(content, `messages[${at}].content`)
  }
}

/** A path is no URL: no provider can read the caller's disk. */
const path = /^(?:\.{1,2}[\\/]|~[\\/]|[a-z]:\\)|^(?![a-z][a-z\d+.-]*:)[^\s]{1,1000}\.(?:png|jpe?g|gif|webp|bmp|pdf)$/i

function checkImages(parts: readonly unknown[], at: string): void {
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as { readonly type?: unknown; readonly image_url?: unknown } | null | undefined
    if (part?.type !== 'image_url') continue
    const image = part.image_url as { readonly url?: unknown } | string | null | undefined
    const url = typeof image === 'string' ? image : image?.url
    if (typeof url === 'string' && url.length < 2000 && path.test(url)) {
      throw new BadRequestError(
        `'${at}[${index}].image_url.url' must be an 'https:' or 'data:' URL; ${got(url)}. Read the file and pass it as a data URL.`,
        { param: 'messages' },
      )
    }
  }
}

type Shape = readonly [description: string, fits: (value: unknown) => boolean]

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const isStrings = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')

const number: Shape = ['a number', (value) => typeof value === 'number']
const boolean: Shape = ['a boolean', (value) => typeof value === 'boolean']
const object: Shape = ['an object', isObject]

/** Parameters whose types dialects rely on. */
const shapes: ReadonlyMap<string, Shape> = new Map(
  Object.entries<Shape>({
    temperature: number,
    top_p: number,
    top_k: number,
    n: number,
    max_tokens: number,
    max_completion_tokens: number,
    max_output_tokens: number,
    presence_penalty: number,
    frequency_penalty: number,
    top_logprobs: number,
    seed: number,
    parallel_tool_calls: boolean,
    stop: ['a string or an array of strings', (value) => typeof value === 'string' || isStrings(value)],
    modalities: ['an array of strings', isStrings],
    logit_bias: object,
    metadata: object,
    stream_options: object,
    thinking: object,
    audio: object,
    prediction: object,
    web_search_options: object,
    reasoning: object,
    reasoning_effort: ['a string', (value) => typeof value === 'string'],
    tool_choice: ['a string or an object', (value) => typeof value === 'string' || isObject(value)],
    tools: ['an array', Array.isArray],
    functions: ['an array', Array.isArray],
  }),
)

/** @throws {BadRequestError} if a parameter has another type than every provider expects */
export function checkTypes(params: Params): void {
  for (const name in params) {
    const shape = shapes.get(name)
    if (shape === undefined) continue
    const value = params[name]
    if (value === undefined || value === null || shape[1](value)) continue
    throw new BadRequestError(`'${name}' must be ${shape[0]}; ${got(value)}.`, { param: name })
  }
}

/** Whether a tool without a `type` is in a provider's own form, such as `{ googleSearch: {} }`, and not a misplaced function. */
const isNativeTool = (tool: object): boolean =>
  'input_schema' in tool || !('name' in tool || 'function' in tool || 'parameters' in tool)

/** @throws {BadRequestError} if a tool is not an object with a `type`, or in a provider's own form */
export function checkTools({ tools }: Params): void {
  if (!Array.isArray(tools)) return
  for (let at = 0; at < tools.length; at++) {
    const tool: unknown = tools[at]
    if (
      isObject(tool) &&
      (typeof (tool as { readonly type?: unknown }).type === 'string' || isNativeTool(tool as object))
    )
      continue
    throw new BadRequestError(
      `'tools[${at}]' must be an object with a type, for example { type: 'function', function: { name, parameters } }; ${got(tool)}${isObject(tool) ? " without 'type'" : ''}.`,
      { param: 'tools' },
    )
  }
}
