import type { Citations } from '../../shared/answer-builder.js'
import { type Block, isFields } from './wire.js'

/**
 * The citations of a text block, which support the whole block: as Anthropic gave them, with the place of that text.
 * https://platform.claude.com/docs/en/build-with-claude/citations
 * @param start where the block's text begins in the whole content
 */
export function citationsOf(block: Block, start: number, length: number): Citations | undefined {
  const { citations } = block
  if (!Array.isArray(citations) || citations.length === 0) return undefined
  const end = start + length
  const cited: Citations = { annotations: [], citations: [] }
  for (const citation of citations) {
    if (!isFields(citation)) continue
    cited.citations.push({ ...citation, start_index: start, end_index: end })
    const url = citation.url ?? citation.source
    if (typeof url !== 'string' || !/^https?:/.test(url)) continue
    cited.annotations.push({
      type: 'url_citation',
      url_citation: {
        url,
        title: typeof citation.title === 'string' ? citation.title : '',
        start_index: start,
        end_index: end,
        ...(typeof citation.cited_text === 'string' && { content: citation.cited_text }),
      },
    })
  }
  return cited
}
