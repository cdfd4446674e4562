import type { Annotation } from '../../../src/types/messages.js'
import type { Citations } from '../../shared/answer-builder.js'
import { type Block, inner, isFields, textIn } from './wire.js'

/**
 * The citations of a block: those of the web as annotations too, over the words that they stand behind, or at the place where they
 * stand. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Citation.html
 */
export function citationsOf(block: Block, start: number, length: number): Citations | undefined {
  const list = inner(block, 'citationsContent')?.citations
  if (!Array.isArray(list) || list.length === 0) return undefined
  const citations = list.filter(isFields)
  const annotations = citations.flatMap((citation): Annotation[] => {
    const web = inner(inner(citation, 'location') ?? {}, 'web')
    const url = web && textIn(web, 'url')
    if (!web || url === undefined) return []
    const title = textIn(citation, 'title') ?? textIn(web, 'domain') ?? url
    return [{ type: 'url_citation', url_citation: { url, title, start_index: start, end_index: start + length } }]
  })
  return { annotations, citations }
}
