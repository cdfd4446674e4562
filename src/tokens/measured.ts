import type { ExpectedError } from './types.js'

/**
 * Errors over the recorded calls of the corpus, relative to the tokens that the provider reported (at least 100),
 * rounded up: [calls, median and 95th percentile with the tokenizer, the same from characters alone].
 *
 * The calibrated families were fitted on the same calls. Most are short English prompts, in which the few dozen tokens
 * that a host adds weigh heavily; other languages are not measured. `test/tokens/corpus.test.ts` repeats the measurement
 * and fails if a figure got worse than recorded here.
 */
type Row = readonly [calls: number, median: number, p95: number, scanMedian: number, scanP95: number]

export interface Measured {
  /** Messages of text alone. */
  readonly text: Row
  /** With tools, tool calls or a response schema. */
  readonly tools: Row
}

/** A guess, for kinds with fewer than three recorded calls. */
const few: Row = [0, 0.15, 0.5, 0.15, 0.5]

/** Images, audio and files, of all families together: most of those recorded are URLs of unknown size. */
export const media: Row = [69, 0.553, 4.252, 0.552, 4.252]

export const measured = {
  'gpt-4o': { text: [35, 0, 0, 0.01, 0.085], tools: [65, 0, 0.05, 0.044, 0.1] },
  'gpt-4o-search': { text: few, tools: few },
  'gpt-5': { text: [11, 0, 0, 0, 0.02], tools: [15, 0.006, 0.82, 0.07, 0.87] },
  'gpt-5.1': { text: [7, 0, 0, 0, 0.168], tools: [4, 0, 0.01, 0.055, 0.1] },
  'o-series': { text: [3, 0, 0, 0, 0], tools: [8, 0.01, 0.05, 0.05, 0.09] },
  'gpt-4': { text: [11, 0, 0.01, 0.01, 0.03], tools: [9, 0, 0.03, 0.02, 0.032] },
  'gpt-3.5-turbo-0301': { text: few, tools: few },
  'gpt-oss': { text: [19, 0, 0.04, 0.02, 0.131], tools: [27, 0.028, 0.326, 0.046, 0.366] },
  claude: { text: [39, 0.01, 0.08, 0.02, 0.11], tools: [43, 0.032, 0.391, 0.041, 0.418] },
  'claude-4.5': { text: [31, 0.02, 0.29, 0.01, 0.31], tools: [50, 0.052, 0.224, 0.062, 0.22] },
  'claude-5': { text: few, tools: few },
  'gemini-2.0': { text: [16, 0, 0.16, 0.01, 0.16], tools: [12, 0.04, 0.3, 0.05, 0.29] },
  gemini: { text: [30, 0.01, 0.32, 0.01, 0.32], tools: [44, 0.101, 0.62, 0.1, 0.61] },
  'gemini-3': { text: [5, 0.01, 0.04, 0.01, 0.01], tools: [31, 0.152, 0.793, 0.151, 0.8] },
  'llama-3': { text: [8, 0.01, 0.13, 0.01, 0.11], tools: few },
  'llama-3.1': { text: [48, 0.02, 0.23, 0.02, 0.23], tools: [25, 0.088, 1.82, 0.104, 1.86] },
  'llama-4': { text: [3, 0, 0.936, 0.02, 0.936], tools: [5, 0.003, 0.223, 0.008, 0.229] },
  mistral: { text: [22, 0.056, 0.12, 0.06, 0.15], tools: [30, 0.04, 0.323, 0.063, 0.36] },
  'mistral-7b': { text: [7, 0.02, 0.03, 0.03, 0.03], tools: few },
  deepseek: { text: [31, 0.01, 0.05, 0.01, 0.05], tools: [30, 0.1, 0.62, 0.121, 0.646] },
  grok: { text: [9, 0, 0.06, 0, 0.04], tools: [22, 0.091, 0.586, 0.1, 0.579] },
  'grok-4': { text: few, tools: few },
  'grok-4-fast': { text: [7, 0.235, 1.55, 0.235, 1.53], tools: [12, 0.029, 0.207, 0.032, 0.208] },
  qwen: { text: [31, 0, 0.04, 0.02, 0.078], tools: [57, 0.052, 0.372, 0.062, 0.372] },
  glm: { text: [9, 0.02, 0.223, 0.01, 0.304], tools: [20, 0.018, 0.168, 0.029, 0.155] },
  kimi: { text: [5, 0.02, 0.15, 0.02, 0.15], tools: [17, 0.091, 0.473, 0.076, 0.442] },
  command: { text: [9, 0.548, 0.856, 0.535, 0.857], tools: [11, 0.111, 0.816, 0.096, 0.816] },
  nova: { text: [4, 0, 0.873, 0, 0.891], tools: [5, 0.035, 1.766, 0.03, 1.759] },
  sonar: { text: [8, 0, 0.01, 0.01, 0.021], tools: few },
  unknown: { text: [12, 0.05, 0.997, 0.02, 0.997], tools: [6, 0.446, 1.1, 0.49, 1.15] },
} as const satisfies Readonly<Record<string, Measured>>

/** Name of a family of models with one tokenizer. */
export type FamilyName = keyof typeof measured

/** Expected error for a request with such parts. */
export const expectedError = (
  { hasMedia, hasTools }: { readonly hasMedia: boolean; readonly hasTools: boolean },
  { text, tools }: Measured,
  by: 'count' | 'scan',
): ExpectedError => {
  const [samples, median, p95, scanMedian, scanP95] = hasMedia ? media : hasTools ? tools : text
  return by === 'count' ? { median, p95, samples } : { median: scanMedian, p95: scanP95, samples }
}
