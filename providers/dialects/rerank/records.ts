import type { RerankParams } from '../../../src/types/rerank.js'
import type { Report } from '../../report.js'

type Document = RerankParams['documents'][number]

/**
 * Encodes a document as text; records become YAML, as Cohere recommends.
 * https://docs.cohere.com/docs/reranking-best-practices
 */
export function asText(
  document: Document,
  fields: readonly string[] | undefined,
  records: 'media' | 'text',
  where: string,
  report: Report,
): Document {
  if (typeof document === 'string') return document
  if (typeof document !== 'object' || document === null)
    throw report.invalid(where, 'must be a string or a record of fields', document)
  if (records === 'media' && isMedia(document)) return document
  const entries = Object.entries(document).filter(
    ([name, value]) => value !== null && value !== undefined && (!fields || fields.includes(name)),
  )
  if (entries.length === 0) {
    throw report.invalid(
      where,
      fields ? `must have at least one of the rank_fields (${fields.join(', ')}).` : 'must not be empty.',
    )
  }
  const [only] = entries
  if (entries.length === 1 && only?.[0] === 'text' && typeof only[1] === 'string') return only[1]
  return entries.map(([name, value]) => `${name}: ${scalar(value)}`).join('\n')
}

/** JSON is valid YAML; simple strings need no quotes. */
const scalar = (value: unknown): string =>
  typeof value === 'string' && !/[\n\r]/.test(value) && !/^[\s"'[{&*!|>%@`#-]|: | #|:$|\s$|^$/.test(value)
    ? value
    : JSON.stringify(value)

/** A record with a single field that the host reads natively. */
function isMedia(record: Readonly<Record<string, unknown>>): boolean {
  const [name, ...others] = Object.keys(record)
  return others.length === 0 && (name === 'text' || name === 'image')
}
