import type { ChatParams } from '../src/types/chat.js'
import type { Message } from '../src/types/messages.js'
import type { EncodeContext } from './contract.js'
import { isFields } from './fields.js'

/** For OpenAI-compatible hosts that accept images as data URLs only. */

function urlOf(part: unknown): string | undefined {
  if (!isFields(part) || part.type !== 'image_url') return undefined
  const url = isFields(part.image_url) ? part.image_url.url : part.image_url
  return typeof url === 'string' && /^https?:/i.test(url) ? url : undefined
}

/** URLs of images that must be fetched first. */
export function remoteImages({ messages }: ChatParams): readonly string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? (messages as readonly Message[]) : []) {
    const content: unknown = message?.content
    for (const part of Array.isArray(content) ? content : []) {
      const url = urlOf(part)
      if (url !== undefined) urls.add(url)
    }
  }
  return [...urls]
}

/** Replaces image URLs by the fetched data. */
export function inlineImages(params: ChatParams, { media }: EncodeContext<unknown>): ChatParams {
  if (!media || media.size === 0) return params
  const messages = params.messages.map((message) => {
    const content: unknown = message.content
    if (!Array.isArray(content) || !content.some((part) => urlOf(part) !== undefined)) return message
    return { ...message, content: content.map((part) => inline(part, media)) } as Message
  })
  return { ...params, messages }
}

function inline(part: unknown, media: NonNullable<EncodeContext['media']>): unknown {
  const url = urlOf(part)
  const found = url === undefined ? undefined : media.get(url)
  if (!found || !isFields(part)) return part
  const image = isFields(part.image_url) ? part.image_url : {}
  return { ...part, image_url: { ...image, url: `data:${found.type};base64,${found.data}` } }
}
