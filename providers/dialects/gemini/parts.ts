import type { Part } from './wire.js'

export type PartKind = 'thought' | 'text' | 'image' | 'audio' | 'call' | 'other'

export function kindOf(part: Part): PartKind {
  if (typeof part.text === 'string') return part.thought ? 'thought' : 'text'
  if (part.functionCall) return 'call'
  const type = part.thought ? undefined : part.inlineData?.mimeType
  if (type?.startsWith('image/')) return 'image'
  return type?.startsWith('audio/') ? 'audio' : 'other'
}

/** Streams like to end with a part that says nothing. */
export const isEmpty = (part: Part): boolean => part.text === '' && part.thoughtSignature === undefined

/**
 * Puts a part behind the others. Text that goes on is one part, however a stream cut it; its signature comes with its last
 * piece and ends it.
 */
export function addPart(parts: Part[], part: Part): void {
  const kind = kindOf(part)
  const last = parts.at(-1)
  if (kind === 'text' || kind === 'thought') {
    if (last && kindOf(last) === kind && last.thoughtSignature === undefined && isPlain(part) && isPlain(last)) {
      parts[parts.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` }
      return
    }
  }
  parts.push(part)
}

const plainFields: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature'])
const callFields: ReadonlySet<string> = new Set(['id', 'name', 'args'])

const isPlain = (part: Part): boolean => Object.keys(part).every((name) => plainFields.has(name))

const order: readonly PartKind[] = ['thought', 'text', 'image', 'audio', 'call']

/** Whether thoughts, one text, images and calls, in this order, say all that the parts say. */
export function fitsMessage(parts: readonly Part[]): boolean {
  let stage = 0
  let texts = 0
  for (const part of parts) {
    const kind = kindOf(part)
    const place = order.indexOf(kind)
    if (place < stage) return false
    stage = place
    if (kind === 'text' && ++texts > 1) return false
    if ((kind === 'text' || kind === 'thought') && !isPlain(part)) return false
    if (kind === 'call' && !Object.keys(part.functionCall ?? {}).every((name) => callFields.has(name))) return false
  }
  return true
}
