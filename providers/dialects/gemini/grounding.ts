import type { Annotation } from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from './wire.js'

/**
 * What supports an answer, as annotations: pages that a search found, and sources that were quoted.
 * https://ai.google.dev/gemini-api/docs/google-search#attributing_sources_with_inline_citations
 * @param texts the text parts of the answer, in order: places are counted in their bytes
 */
export function annotationsOf(candidate: Fields, texts: readonly string[]): Annotation[] {
  const { groundingMetadata, citationMetadata } = candidate
  return [
    ...(isFields(groundingMetadata) ? fromGrounding(groundingMetadata, texts) : []),
    ...(isFields(citationMetadata) ? fromCitations(citationMetadata, texts) : []),
  ]
}

function fromGrounding({ groundingChunks, groundingSupports }: Fields, texts: readonly string[]): Annotation[] {
  const chunks: unknown[] = Array.isArray(groundingChunks) ? groundingChunks : []
  const supports: unknown[] = Array.isArray(groundingSupports) ? groundingSupports : []
  return supports.filter(isFields).flatMap((support) => {
    const segment = isFields(support.segment) ? support.segment : {}
    const place = placeOf(segment, texts)
    const indices: unknown[] = Array.isArray(support.groundingChunkIndices) ? support.groundingChunkIndices : []
    return indices.flatMap((index) => {
      const page = pageOf(chunks[Number(index)])
      const content = textIn(segment, 'text')
      return page ? [annotation({ ...page, ...place, ...(content !== undefined && { content }) })] : []
    })
  })
}

/** A page of the web, of a map, or of the caller's own files. */
function pageOf(chunk: unknown): { url: string; title: string } | undefined {
  if (!isFields(chunk)) return undefined
  for (const kind of ['web', 'maps', 'retrievedContext', 'image']) {
    const source = chunk[kind]
    const url = isFields(source) ? (textIn(source, 'uri') ?? textIn(source, 'sourceUri')) : undefined
    if (isFields(source) && url !== undefined) return { url, title: textIn(source, 'title') ?? '' }
  }
  return undefined
}

/** `citations` on Vertex AI, `citationSources` on AI Studio. */
function fromCitations({ citations, citationSources }: Fields, texts: readonly string[]): Annotation[] {
  const list: unknown = citations ?? citationSources
  return (Array.isArray(list) ? list : []).filter(isFields).flatMap((citation) => {
    const url = textIn(citation, 'uri')
    if (url === undefined) return []
    return [annotation({ url, title: textIn(citation, 'title') ?? '', ...placeOf(citation, texts) })]
  })
}

const annotation = (citation: Annotation['url_citation']): Annotation => ({
  type: 'url_citation',
  url_citation: citation,
})

/** Bytes of a part's UTF-8 as characters of the whole content. */
function placeOf({ partIndex, startIndex, endIndex, text }: Fields, texts: readonly string[]) {
  const part = typeof partIndex === 'number' && partIndex < texts.length ? partIndex : 0
  const before = texts.slice(0, part).reduce((sum, { length }) => sum + length, 0)
  const rest = texts.slice(part).join('')
  const bytes = Buffer.from(rest)
  const start = typeof startIndex === 'number' ? charactersIn(bytes, startIndex) : 0
  const end = typeof endIndex === 'number' ? charactersIn(bytes, endIndex) : rest.length
  if (typeof text === 'string' && text !== '' && rest.slice(start, end) !== text) {
    // some answers count characters, or from another place: the words themselves say where they are
    const found = rest.indexOf(text)
    if (found >= 0) return { start_index: before + found, end_index: before + found + text.length }
  }
  return { start_index: before + start, end_index: before + end }
}

const charactersIn = (bytes: Buffer, end: number): number => bytes.subarray(0, end).toString('utf8').length
