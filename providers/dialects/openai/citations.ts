import type { Annotation } from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from './kit.js'

/**
 * Perplexity lists its sources beside the choices: `search_results: [{ title, url }]`, and before that `citations: [url]`. The
 * text refers to them as `[1]`, which says nothing of where a citation begins: they are cited for the answer as a whole.
 * https://docs.perplexity.ai/api-reference/chat-completions-post
 */
export function citationsOf(body: Fields): Annotation[] | undefined {
  const results = Array.isArray(body.search_results) ? body.search_results : undefined
  const links = Array.isArray(body.citations) ? body.citations : undefined
  const sources = results && results.length > 0 ? results : links
  if (!sources) return undefined
  const notes: Annotation[] = []
  for (const source of sources) {
    const url = typeof source === 'string' ? source : isFields(source) ? textIn(source, 'url') : undefined
    if (!url || !/^https?:/.test(url)) continue
    const title = (isFields(source) && textIn(source, 'title')) || url
    notes.push({ type: 'url_citation', url_citation: { url, title, start_index: 0, end_index: 0 } })
  }
  return notes.length > 0 ? notes : undefined
}
