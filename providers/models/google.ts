import { baseRules, changed, type ModelName, type ModelRules, type RuleEntry, type Version } from './rules.js'

/** Level of `thinkingConfig.thinkingLevel`. */
export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high'

/** Bounds of `thinkingConfig.thinkingBudget`, in tokens. */
export interface ThinkingBudget {
  readonly least: number
  readonly most: number
  /** Whether a budget of 0 turns thinking off. */
  readonly off: boolean
}

/** The rules of a Gemini or Gemma model: those of all models, and those of `generateContent`. */
export interface GeminiRules extends ModelRules {
  /** Undefined for models without a thinking budget. */
  readonly budget?: ThinkingBudget
  /** Levels of thinking, weakest first, for models that take a level. */
  readonly levels: readonly ThinkingLevel[]
  /** Whether function calls in the history must carry a thought signature. */
  readonly signatures: boolean
  /** Whether schemas may be JSON Schema; otherwise they are OpenAPI's. */
  readonly jsonSchema: boolean
  /** Whether a schema for the answer may be combined with functions. */
  readonly schemaWithTools: boolean
  /** Whether server tools (search, code execution) may be combined with functions. */
  readonly mixedTools: boolean
  /** Whether files are read by `https:` URL. */
  readonly urls: boolean
  /** Whether results of functions may hold images and files. */
  readonly mediaInResults: boolean
  /** Whether instructions are accepted apart from the turns. */
  readonly system: boolean
}

const thinkingGuide = 'https://ai.google.dev/gemini-api/docs/thinking'
const sources = [
  thinkingGuide,
  'https://ai.google.dev/gemini-api/docs/gemini-3',
  'https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-5-flash',
]

const all: readonly ThinkingLevel[] = Object.freeze(['minimal', 'low', 'medium', 'high'])
const lowToHigh: readonly ThinkingLevel[] = Object.freeze(['low', 'medium', 'high'])
const ends: readonly ThinkingLevel[] = Object.freeze(['low', 'high'])
const none: readonly ThinkingLevel[] = Object.freeze([])
const penalties = Object.freeze(['presence_penalty', 'frequency_penalty'])
const sampling = Object.freeze(['temperature', 'top_p', 'top_k', ...penalties])
const media = Object.freeze(['text', 'image', 'audio', 'video', 'pdf'] as const)
const withImages = Object.freeze(['text', 'image'] as const)

const budget = (least: number, most: number, off: boolean): ThinkingBudget => Object.freeze({ least, most, off })

const gemini1: GeminiRules = Object.freeze({
  ...baseRules('google', 'gemini-1', '2026-11-29', sources),
  maxOutput: 8192,
  input: media,
  levels: none,
  signatures: false,
  jsonSchema: false,
  schemaWithTools: false,
  mixedTools: false,
  urls: false,
  mediaInResults: false,
  system: true,
})
const gemini2 = changed(gemini1, { family: 'gemini-2.0', jsonSchema: true })
const gemini25 = changed(gemini2, {
  family: 'gemini-2.5',
  maxOutput: 65_536,
  urls: true,
  refused: penalties,
  reasoning: 'by-default',
})
const flash25 = changed(gemini25, { family: 'gemini-2.5-flash', budget: budget(1, 24_576, true) })
const lite25 = changed(gemini25, {
  family: 'gemini-2.5-flash-lite',
  budget: budget(512, 24_576, true),
  reasoning: 'on-request',
})
const pro25 = changed(gemini25, {
  family: 'gemini-2.5-pro',
  budget: budget(128, 32_768, false),
  reasoning: 'always',
})
/** Models that draw or speak do not think. */
const silent25 = changed(gemini25, { family: 'gemini-2.5-flash-image', reasoning: 'never', output: withImages })
const gemini3 = changed(gemini25, {
  family: 'gemini-3',
  levels: all,
  signatures: true,
  schemaWithTools: true,
  mixedTools: true,
  mediaInResults: true,
})
const pro3 = changed(gemini3, { family: 'gemini-3-pro', levels: ends, reasoning: 'always' })
const pro31 = changed(pro3, { family: 'gemini-3.1-pro', levels: lowToHigh })
const image3 = changed(gemini3, { family: 'gemini-3-image', levels: none, output: withImages })
/** `minimal` is rejected from 3.7 on. */
const gemini37 = changed(gemini3, { family: 'gemini-3.7', levels: lowToHigh })
/** Sampling parameters have no effect. */
const gemini4 = changed(gemini37, {
  family: 'gemini-4',
  refused: sampling,
  maxOutput: undefined,
  sources: Object.freeze([...sources, 'https://ai.google.dev/gemini-api/docs/models']),
})
const gemma = changed(gemini1, { family: 'gemma-3', system: false, input: withImages })

/** An unknown model is treated like Gemini 3, except that nothing is refused on its behalf. */
export const unknownGemini: GeminiRules = changed(gemini3, {
  family: 'gemini',
  refused: Object.freeze([]),
  maxOutput: undefined,
})

/** Gemma 4 follows instructions and thinks. */
const gemma4 = changed(unknownGemini, { family: 'gemma-4' })
const speech3 = changed(gemini3, { family: 'gemini-3-tts', levels: none, output: Object.freeze(['audio'] as const) })

const entry = (
  line: string,
  version: Version,
  rules: GeminiRules,
  ...variants: readonly string[]
): RuleEntry<GeminiRules> =>
  Object.freeze({ line, version, rules, ...(variants.length > 0 && { variants: Object.freeze(variants) }) })

/** If two variants fit a name, the first of them wins. */
export const geminiEntries: readonly RuleEntry<GeminiRules>[] = Object.freeze([
  entry('gemini', [1, 0], gemini1),
  entry('gemini', [2, 0], gemini2),
  entry('gemini', [2, 5], flash25),
  entry('gemini', [2, 5], silent25, 'image', 'tts'),
  entry('gemini', [2, 5], lite25, 'lite'),
  entry('gemini', [2, 5], pro25, 'pro', 'computer'),
  entry('gemini', [3, 0], gemini3),
  entry('gemini', [3, 0], gemini3, 'lite'),
  entry('gemini', [3, 0], image3, 'image'),
  entry('gemini', [3, 0], speech3, 'tts'),
  entry('gemini', [3, 0], pro3, 'pro'),
  entry('gemini', [3, 1], image3, 'image'),
  entry('gemini', [3, 1], pro31, 'pro'),
  entry('gemini', [3, 7], gemini37),
  entry('gemini', [3, 7], gemini37, 'lite'),
  entry('gemini', [4, 0], gemini4),
  entry('gemini', [4, 0], gemini4, 'lite', 'pro'),
  entry('gemma', [3, 0], gemma),
  entry('gemma', [4, 0], gemma4),
])

/** Takes a name of Google's apart: `gemini-2.5-flash-preview-09-2025`, `gemini-flash-latest`, `gemma-3n-e4b-it`. */
export function parseGoogle(name: string): ModelName | undefined {
  const latest = /^gemini-(pro|flash|flash-lite)-latest$/.exec(name)
  if (latest) return { line: 'gemini', version: [3, 5], variants: latest[1]?.split('-') ?? [] }
  const [, line, major, minor, rest = ''] = /^(gemini|gemma)-(\d+)(?:\.(\d+))?n?(?=$|-)(.*)$/.exec(name) ?? []
  if (line === undefined) return undefined
  return { line, version: [Number(major), Number(minor ?? 0)], variants: rest.split('-').filter(Boolean) }
}
