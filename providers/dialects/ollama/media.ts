import type { ChatParams } from '../../../src/types/chat.js'
import { isRemote } from './content.js'
import { type Fields, isFields, textIn } from './wire.js'

/** The remote images of a request: Ollama takes all of them inline. */
export function remoteMedia({ messages }: ChatParams): readonly string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? messages : []) {
    if (!isFields(message) || !Array.isArray(message.content)) continue
    for (const part of message.content) {
      const url = isFields(part) ? urlOf(part) : undefined
      if (url && isRemote(url)) urls.add(url)
    }
  }
  return [...urls]
}

function urlOf(part: Fields): string | undefined {
  if (part.type === 'image_url')
    return isFields(part.image_url) ? textIn(part.image_url, 'url') : textIn(part, 'image_url')
  if (part.type !== 'file' || !isFields(part.file)) return undefined
  return textIn(part.file, 'file_data') ?? textIn(part.file, 'file_id')
}
