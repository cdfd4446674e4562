import type { FamilyName } from './family-table.js'
import type { ExpectedError } from './types.js'

/**
 * How far off counts were over the recorded calls of the corpus, as shares of the tokens that the provider reported, rounded
 * up: [calls, median and 95th percentile with the tokenizer, the same by the characters alone].
 * The figures were fitted on the same calls, most of which are short prompts in English: a few dozen tokens that a
 * host adds weigh more there than on long prompts. `test/tokens/corpus.test.ts` measures them again.
 */
type Row = readonly [calls: number, median: number, p95: number, scanMedian: number, scanP95: number]

export interface Measured {
  /** Messages of text alone. */
  readonly text: Row
  /** With tools, tool calls or a response schema. */
  readonly tools: Row
}

/** For kinds of which fewer than three calls are recorded: a guess. */
const few: Row = [0, 0.15, 0.5, 0.15, 0.5]

/** Images, audio and files, of all families together: most of those recorded are URLs of unknown size. */
export const media: Row = [69, 0.553, 7.122, 0.552, 7.182]

export const measured: Readonly<Record<FamilyName, Measured>> = {
  'gpt-4o': { text: [35, 0, 0, 0.011, 0.125], tools: [65, 0, 0.064, 0.053, 0.125] },
  'gpt-4o-search': { text: few, tools: few },
  'gpt-5': { text: [11, 0, 0, 0, 0.167], tools: [15, 0.006, 1.302, 0.07, 1.381] },
  'gpt-5.1': { text: [7, 0, 0, 0, 0.168], tools: [4, 0, 0.01, 0.055, 0.122] },
  'o-series': { text: [3, 0, 0, 0, 0], tools: [8, 0.013, 0.055, 0.079, 0.109] },
  'gpt-4': { text: [11, 0, 0.056, 0.053, 0.134], tools: [9, 0, 0.033, 0.025, 0.043] },
  'gpt-3.5-turbo-0301': { text: few, tools: few },
  'gpt-oss': { text: [19, 0, 0.048, 0.02, 0.131], tools: [27, 0.028, 0.326, 0.046, 0.366] },
  claude: { text: [39, 0.072, 0.305, 0.084, 0.305], tools: [43, 0.032, 0.391, 0.041, 0.418] },
  'claude-4.5': { text: [32, 0.046, 0.652, 0.048, 0.689], tools: [51, 0.052, 0.282, 0.064, 0.297] },
  'claude-5': { text: few, tools: few },
  'gemini-2.0': { text: [17, 0, 3, 0.125, 3], tools: [12, 0.26, 1, 0.186, 1] },
  gemini: { text: [30, 0.067, 0.8, 0.083, 0.8], tools: [44, 0.142, 1.025, 0.142, 1.071] },
  'gemini-3': { text: [6, 0.069, 9.048, 0.014, 9.334], tools: [31, 0.181, 1.864, 0.169, 1.955] },
  'llama-3': { text: [8, 0.029, 1.167, 0.029, 1.167], tools: few },
  'llama-3.1': { text: [48, 0.047, 1.1, 0.055, 1.2], tools: [25, 0.088, 6.741, 0.104, 6.889] },
  'llama-4': { text: [3, 0, 0.936, 0.125, 0.936], tools: [5, 0.003, 0.223, 0.008, 0.229] },
  mistral: { text: [22, 0.098, 0.479, 0.097, 0.55], tools: [31, 0.052, 0.345, 0.067, 0.382] },
  'mistral-7b': { text: [7, 0.096, 0.182, 0.143, 0.273], tools: few },
  deepseek: { text: [31, 0.053, 0.25, 0.053, 0.25], tools: [30, 0.1, 0.62, 0.121, 0.646] },
  grok: { text: [9, 0, 0.858, 0, 0.572], tools: [22, 0.091, 0.586, 0.12, 0.579] },
  'grok-4': { text: few, tools: few },
  'grok-4-fast': { text: [7, 0.235, 3.605, 0.235, 3.559], tools: [12, 0.029, 0.207, 0.032, 0.208] },
  qwen: { text: [31, 0, 0.236, 0.056, 0.236], tools: [57, 0.053, 0.372, 0.066, 0.372] },
  glm: { text: [9, 0.115, 0.3, 0.077, 0.4], tools: [20, 0.018, 0.168, 0.029, 0.155] },
  kimi: { text: [5, 0.1, 0.536, 0.1, 0.536], tools: [17, 0.091, 0.473, 0.076, 0.442] },
  command: { text: [9, 0.548, 25.667, 0.535, 25.334], tools: [11, 0.111, 0.816, 0.096, 0.816] },
  nova: { text: [4, 0, 0.873, 0, 0.891], tools: [5, 0.035, 1.766, 0.03, 1.759] },
  sonar: { text: [8, 0, 0.067, 0.015, 0.286], tools: few },
  unknown: { text: [12, 0.167, 1.125, 0.069, 1], tools: [6, 0.446, 2.25, 0.49, 2.341] },
}

/** What to expect of a count of a request with such parts. */
export const expectedError = (
  { hasMedia, hasTools }: { readonly hasMedia: boolean; readonly hasTools: boolean },
  { text, tools }: Measured,
  by: 'count' | 'scan',
): ExpectedError => {
  const [samples, median, p95, scanMedian, scanP95] = hasMedia ? media : hasTools ? tools : text
  return by === 'count' ? { median, p95, samples } : { median: scanMedian, p95: scanP95, samples }
}
