import type { ChatParams } from '../../../src/types/chat.js'
import { isURL } from './media.js'
import { linkedIn } from './media-blocks.js'
import { isFields } from './wire.js'

/** Converse takes bytes and addresses in S3: everything behind `http(s):` is sent along. */
export function remoteMedia({ messages }: ChatParams): readonly string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? (messages as unknown[]) : []) {
    const content: unknown = isFields(message) ? message.content : undefined
    for (const part of Array.isArray(content) ? (content as unknown[]) : []) {
      const link = isFields(part) ? linkedIn(part)?.link : undefined
      if (link !== undefined && isURL(link)) urls.add(link)
    }
  }
  return [...urls]
}
