import type { RerankParams } from '../../../src/types/rerank.js'
import type { Report } from '../../report.js'

type Document = RerankParams['documents'][number]

/** A document as text; a record as YAML, which Cohere recommends. https://docs.cohere.com/docs/reranking-best-practices */
export function asText(
  document: Document,
  fields: readonly string[] | undefined,
  records: 'media' | 'text',
  where: string,
  report: Report,
): Document {
  if (typeof document === 'string') return document
  if (typeof document !== 'object' || document === null)
    throw report.invalid(where, 'it is a text or a record of fields.')
  if (records === 'media' && isMedia(document)) return document
  const entries = Object.entries(document).filter(
    ([name, value]) => value !== null && value !== undefined && (!fields || fields.includes(name)),
  )
  if (entries.length === 0) {
    throw report.invalid(where, fields ? `it has none of the rank_fields (${fields.join(', ')}).` : 'it is empty.')
  }
  const [only] = entries
  if (entries.length === 1 && only?.[0] === 'text' && typeof only[1] === 'string') return only[1]
  return entries.map(([name, value]) => `${name}: ${scalar(value)}`).join('\n')
}

/** JSON is YAML, too; plain words need no quotes. */
const scalar = (value: unknown): string =>
  typeof value === 'string' && !/[\n\r]/.test(value) && !/^[\s"'[{&*!|>%@`#-]|: | #|:$|\s$|^$/.test(value)
    ? value
    : JSON.stringify(value)

/** A record with one field that the host reads by itself. */
function isMedia(record: Readonly<Record<string, unknown>>): boolean {
  const [name, ...others] = Object.keys(record)
  return others.length === 0 && (name === 'text' || name === 'image')
}
