import type { Annotation } from '../../../src/types/messages.js'
import { countIn, type Fields, isFields, textIn } from './wire.js'

/**
 * The sources of a citation that have an address, in OpenAI's shape. Cohere's own record is kept beside it.
 * https://docs.cohere.com/docs/rag-citations
 * @param start where the cited block begins in the whole content
 */
export function annotationsOf(citation: Fields, start: number): Annotation[] {
  if (!isOfText(citation)) return []
  const from = (countIn(citation, 'start') ?? 0) + start
  const to = (countIn(citation, 'end') ?? 0) + start
  const sources = Array.isArray(citation.sources) ? citation.sources.filter(isFields) : []
  return sources.flatMap((source): Annotation[] => {
    const record = isFields(source.document)
      ? source.document
      : isFields(source.tool_output)
        ? source.tool_output
        : source
    const url = textIn(record, 'url')
    if (!url || !/^https?:/.test(url)) return []
    const title = textIn(record, 'title') ?? url
    return [{ type: 'url_citation', url_citation: { url, title, start_index: from, end_index: to } }]
  })
}

/** Plans and thinking are cited too, and are no part of the content. */
const isOfText = ({ type }: Fields): boolean => type === undefined || type === null || type === 'TEXT_CONTENT'
