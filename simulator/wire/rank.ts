import { isRecord, string } from '../json.js'

export interface Ranked {
  readonly index: number
  readonly score: number
}

/**
 * Ranks documents by the number of shared words, or by the script's scores. Returns as many as requested; ties keep
 * their order.
 */
export function rank(
  query: string,
  documents: readonly unknown[],
  scores: readonly number[] | undefined,
  most: number | undefined,
): Ranked[] {
  const wanted = wordsOf(query)
  const all = documents.map((document, index) => {
    const said = new Set(wordsOf(documentText(document)))
    const share = wanted.filter((word) => said.has(word)).length / Math.max(1, wanted.length)
    return { index, score: scores?.[index] ?? 0.01 + Math.round(share * 9_600) / 10_000 }
  })
  return all.sort((one, other) => other.score - one.score).slice(0, most)
}

/** A document is a string, or an object with a text. */
export function documentText(document: unknown): string {
  return string(document) ?? (isRecord(document) ? (string(document.text) ?? JSON.stringify(document)) : '')
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}
