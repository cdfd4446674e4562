import type { CacheControl } from '../../../src/types/messages.js'
import type { Kit } from './kit.js'
import { mediaBlock } from './media-blocks.js'
import { type Block, type Fields, inner, isFields, textIn } from './wire.js'

/**
 * The parts of a message or a tool result as blocks. Parts without text are left out: the API refuses them.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
export function partsToBlocks(content: unknown, where: string, kit: Kit): Block[] {
  if (content === null || content === undefined) return []
  if (typeof content === 'string') return textBlock(content)
  if (!Array.isArray(content)) throw kit.report.invalid(`${where}.content`, 'is text or a list of parts.')
  const blocks: Block[] = []
  for (const [index, part] of content.entries()) {
    const made = partToBlocks(part, `${where}.content[${index}]`, kit)
    blocks.push(...made)
    const mark: unknown = isFields(part) ? part.cache_control : undefined
    if (mark && made.length > 0) cachePoint(blocks, mark as CacheControl, `${where}.content[${index}]`, kit)
  }
  return blocks
}

export const textBlock = (text: string): Block[] => (text.trim() === '' ? [] : [{ text }])

/** Blocks that are Converse's own, and pass as they are. */
const own: readonly string[] = [
  'text',
  'image',
  'document',
  'video',
  'audio',
  'guardContent',
  'cachePoint',
  'citationsContent',
  'searchResult',
  'json',
  'toolAddition',
  'toolRemoval',
]

function partToBlocks(part: unknown, where: string, kit: Kit): Block[] {
  if (typeof part === 'string') return textBlock(part)
  if (!isFields(part)) throw kit.report.invalid(where, 'is not a content part.')
  switch (part.type) {
    case 'text':
      if (typeof part.text !== 'string') throw kit.report.invalid(where, "is a text part without 'text'.")
      return textBlock(part.text)
    case 'refusal':
      return textBlock(textIn(part, 'refusal') ?? '')
    case 'guarded_text': {
      const text = textIn(part, 'text') ?? ''
      const qualifiers = Array.isArray(part.qualifiers) ? { qualifiers: part.qualifiers } : {}
      return text.trim() === '' ? [] : [{ guardContent: { text: { text, ...qualifiers } } }]
    }
    case 'image_url':
    case 'image':
    case 'file':
    case 'document':
    case 'input_audio':
    case 'video_url': {
      const block = mediaBlock(part, where, kit)
      return block ? [block] : []
    }
    case undefined: {
      if (own.some((kind) => kind in part)) return [withoutMark(part)]
      throw kit.report.invalid(where, "is not a content part: it has no 'type'.")
    }
    default:
      throw kit.report.invalid(where, `has the type '${String(part.type)}', for which Converse has no block.`)
  }
}

function withoutMark({ cache_control: _, ...block }: Fields): Block {
  return block
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html */
export function cachePoint(blocks: Block[], mark: CacheControl, where: string, kit: Kit): void {
  const point = pointOf(mark, where, 'messages', kit)
  const last = blocks.at(-1)
  if (!point || !last || 'cachePoint' in last || 'reasoningContent' in last) return
  // the API takes none right behind a document: recorded requests put a line break between
  if (inner(last, 'document') || inner(last, 'video')) blocks.push({ text: '\n' })
  blocks.push(point)
}

/** A cache mark as a block; undefined where the model takes none at that place. */
export function pointOf(mark: CacheControl, where: string, place: 'messages' | 'tools', kit: Kit): Block | undefined {
  const { cache, who } = kit.facts
  if (cache === 'nowhere' || (cache === 'messages' && place === 'tools')) {
    const what = cache === 'nowhere' ? 'has no prompt cache' : 'caches no tools'
    kit.report.dropped(`${where}.cache_control`, `Left out: ${who} ${what} on Bedrock.`)
    return undefined
  }
  const ttl = mark.ttl && mark.ttl !== '5m' ? { ttl: mark.ttl } : {}
  return { cachePoint: { type: 'default', ...ttl } }
}
