import { fromUtf8, utf8 } from '../../../src/platform/index.js'
import type { Annotation } from '../../../src/types/messages.js'
import { textIn } from '../../fields.js'
import { type Fields, isFields } from './wire.js'

/**
 * The sources of an answer as annotations: pages of a search, and quoted works.
 * https://ai.google.dev/gemini-api/docs/google-search#attributing_sources_with_inline_citations
 * @param texts the text parts of the answer, in order: positions count their bytes
 */
export function decodeAnnotations(
  { groundingMetadata, citationMetadata }: Fields,
  texts: readonly string[],
): Annotation[] {
  return [
    ...(isFields(groundingMetadata) ? decodeGrounding(groundingMetadata, texts) : []),
    ...(isFields(citationMetadata) ? decodeCitations(citationMetadata, texts) : []),
  ]
}

function decodeGrounding({ groundingChunks, groundingSupports }: Fields, texts: readonly string[]): Annotation[] {
  const chunks: unknown[] = Array.isArray(groundingChunks) ? groundingChunks : []
  const supports: unknown[] = Array.isArray(groundingSupports) ? groundingSupports : []
  return supports.filter(isFields).flatMap((support) => {
    const segment = isFields(support.segment) ? support.segment : {}
    const range = rangeOf(segment, texts)
    const indices: unknown[] = Array.isArray(support.groundingChunkIndices) ? support.groundingChunkIndices : []
    return indices.flatMap((index) => {
      const page = pageOf(typeof index === 'number' ? chunks[index] : undefined)
      const content = textIn(segment, 'text')
      return page ? [annotate({ ...page, ...range, ...(content !== undefined && { content }) })] : []
    })
  })
}

/** A page of the web, a map or the caller's own files. */
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
function decodeCitations({ citations, citationSources }: Fields, texts: readonly string[]): Annotation[] {
  const list: unknown = citations ?? citationSources
  return (Array.isArray(list) ? list : []).filter(isFields).flatMap((citation) => {
    const url = textIn(citation, 'uri')
    if (url === undefined) return []
    return [annotate({ url, title: textIn(citation, 'title') ?? '', ...rangeOf(citation, texts) })]
  })
}

const annotate = (citation: Annotation['url_citation']): Annotation => ({
  type: 'url_citation',
  url_citation: citation,
})

/** Converts byte positions within a part to character positions within the content. */
function rangeOf({ partIndex, startIndex, endIndex, text }: Fields, texts: readonly string[]) {
  const part = typeof partIndex === 'number' && partIndex < texts.length ? partIndex : 0
  const before = texts.slice(0, part).reduce((sum, { length }) => sum + length, 0)
  const rest = texts.slice(part).join('')
  const bytes = fromUtf8(rest)
  const start = typeof startIndex === 'number' ? charactersIn(bytes, startIndex) : 0
  const end = typeof endIndex === 'number' ? charactersIn(bytes, endIndex) : rest.length
  if (typeof text === 'string' && text !== '' && rest.slice(start, end) !== text) {
    // some answers count characters, or from another position: search for the quoted text
    const found = rest.indexOf(text)
    if (found >= 0) return { start_index: before + found, end_index: before + found + text.length }
  }
  return { start_index: before + start, end_index: before + end }
}

const charactersIn = (bytes: Uint8Array, end: number): number => utf8(bytes.subarray(0, end)).length
