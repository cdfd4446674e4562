/**
 * Capabilities of the Gemini models that requests depend on.
 * https://ai.google.dev/gemini-api/docs/thinking (budgets and levels by model)
 * https://ai.google.dev/gemini-api/docs/gemini-3
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/guides/gemini-3-5-flash (levels by model)
 */
export type Level = 'minimal' | 'low' | 'medium' | 'high'

export interface Budget {
  readonly least: number
  readonly most: number
  /** Whether a budget of 0 disables thinking. */
  readonly off: boolean
}

export interface ModelFacts {
  /** Thinking budget in tokens, for models with one. */
  readonly budget?: Budget
  /** Thinking levels, lowest first, for models with levels. */
  readonly levels: readonly Level[]
  /** Whether function calls in the history need a thought signature. */
  readonly signatures: boolean
  /** Whether JSON Schema is accepted, instead of OpenAPI schemas only. */
  readonly jsonSchema: boolean
  /** Whether a response schema and functions can be combined. */
  readonly schemaWithTools: boolean
  /** Whether server tools (search, code execution) and functions can be combined. */
  readonly mixedTools: boolean
  /** Whether the model reads `https:` URLs. */
  readonly urls: boolean
  /** Whether function results may contain images and files. */
  readonly mediaInResults: boolean
  /** Whether the model takes system instructions. */
  readonly system: boolean
}

const all: readonly Level[] = Object.freeze(['minimal', 'low', 'medium', 'high'])
const lowToHigh: readonly Level[] = Object.freeze(['low', 'medium', 'high'])
const ends: readonly Level[] = Object.freeze(['low', 'high'])
const none: readonly Level[] = Object.freeze([])

const facts = (base: ModelFacts, changes: Partial<ModelFacts>): ModelFacts => Object.freeze({ ...base, ...changes })
const budget = (least: number, most: number, off: boolean): Budget => Object.freeze({ least, most, off })

const gemini1: ModelFacts = Object.freeze({
  levels: none,
  signatures: false,
  jsonSchema: false,
  schemaWithTools: false,
  mixedTools: false,
  urls: false,
  mediaInResults: false,
  system: true,
})
const gemini2 = facts(gemini1, { jsonSchema: true })
const gemini25 = facts(gemini2, { urls: true })
const gemini3 = facts(gemini25, {
  levels: all,
  signatures: true,
  schemaWithTools: true,
  mixedTools: true,
  mediaInResults: true,
})
const pro25 = facts(gemini25, { budget: budget(128, 32_768, false) })

const models: ReadonlyMap<string, ModelFacts> = new Map([
  ['gemini-1.0-pro', gemini1],
  ['gemini-1.5-flash', gemini1],
  ['gemini-1.5-flash-8b', gemini1],
  ['gemini-1.5-pro', gemini1],
  ['gemini-2.0-flash', gemini2],
  ['gemini-2.0-flash-lite', gemini2],
  ['gemini-2.0-flash-image-generation', gemini2],
  ['gemini-2.0-flash-thinking', gemini2],
  ['gemini-2.0-pro', gemini2],
  ['gemini-2.5-flash', facts(gemini25, { budget: budget(1, 24_576, true) })],
  ['gemini-2.5-flash-lite', facts(gemini25, { budget: budget(512, 24_576, true) })],
  ['gemini-2.5-pro', pro25],
  ['gemini-2.5-computer-use', pro25],
  ['gemini-2.5-flash-image', gemini25],
  ['gemini-2.5-flash-tts', gemini25],
  ['gemini-2.5-pro-tts', gemini25],
  ['gemini-3-pro', facts(gemini3, { levels: ends })],
  ['gemini-3.1-pro', facts(gemini3, { levels: lowToHigh })],
  ['gemini-3.1-pro-customtools', facts(gemini3, { levels: lowToHigh })],
  ['gemini-3-flash', gemini3],
  ['gemini-3.1-flash-lite', gemini3],
  ['gemini-3.5-flash', gemini3],
  ['gemini-3.5-flash-lite', gemini3],
  ['gemini-3-pro-image', facts(gemini3, { levels: none })],
  ['gemma-3-1b-it', facts(gemini1, { system: false })],
  ['gemma-3-4b-it', facts(gemini1, { system: false })],
  ['gemma-3-12b-it', facts(gemini1, { system: false })],
  ['gemma-3-27b-it', facts(gemini1, { system: false })],
  ['gemma-3n-e2b-it', facts(gemini1, { system: false })],
  ['gemma-3n-e4b-it', facts(gemini1, { system: false })],
])

/**
 * The facts of a model, by its id without `models/`, `-preview`, `-exp`, dates and versions. Unknown models count as the newest ones, so
 * that nothing is refused on their behalf: the API decides.
 */
export function modelFacts(model: string): ModelFacts {
  const id = model
    .replace(/^.*\//, '')
    .replace(/@.*$/, '')
    .replace(/-(?:latest|preview|exp)(?=-|$)/g, '')
    .replace(/-(?:\d{2}-\d{4}|\d{2}-\d{2}|\d{3})$/, '')
  return models.get(id) ?? gemini3
}
