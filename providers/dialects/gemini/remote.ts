import type { Kit } from './kit.js'
import { byURI, isURL, typeOfFormat, typeOfName } from './media.js'
import { type Fields, isFields, textIn } from './wire.js'

/** The URLs in the messages whose bytes must be sent along. */
export function remoteURLs(messages: unknown, { facts, quirks }: Pick<Kit, 'facts' | 'quirks'>): string[] {
  const urls = new Set<string>()
  for (const message of Array.isArray(messages) ? messages : []) {
    const content: unknown = isFields(message) ? message.content : undefined
    for (const part of Array.isArray(content) ? content : []) {
      const found = isFields(part) ? linkIn(part) : undefined
      if (found && isURL(found.url) && !byURI(found.url, found.type, facts, quirks)) urls.add(found.url)
    }
  }
  return [...urls]
}

function linkIn(part: Fields): { url: string; type: string | undefined } | undefined {
  const given = isFields(part[String(part.type)]) ? (part[String(part.type)] as Fields) : {}
  const link = (url: unknown, ...types: (string | undefined)[]) =>
    typeof url === 'string' ? { url, type: types.find(Boolean) ?? typeOfName(url) } : undefined
  switch (part.type) {
    case 'image_url':
    case 'video_url':
      return link(typeof part[part.type] === 'string' ? part[part.type] : given.url, typeOfFormat(given.format))
    case 'input_audio':
      return link(given.data, typeOfFormat(given.format))
    case 'file':
      return link(given.file_id ?? given.file_data, typeOfFormat(given.format), typeOfName(textIn(given, 'filename')))
    case 'image':
    case 'document': {
      const source = isFields(part.source) ? part.source : {}
      const url = source.type === 'url' ? source.url : undefined
      const guess = part.type === 'document' ? 'application/pdf' : undefined
      return link(url, textIn(source, 'media_type'), typeOfName(textIn(source, 'url')), guess)
    }
    default:
      return undefined
  }
}
