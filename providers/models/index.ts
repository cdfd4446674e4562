import { type ClaudeRules, claudeEntries, claudeNames, parseClaude, unknownClaude } from './anthropic.js'
import { type GeminiRules, geminiEntries, parseGoogle, unknownGemini } from './google.js'
import { openaiEntries, openaiNames, parseOpenAI } from './openai.js'
import { otherEntries, otherNames, parseOther } from './others.js'
import { type ModelName, type ModelRules, nearestEntry, type RuleEntry } from './rules.js'

export type { ClaudeRules } from './anthropic.js'
export type { GeminiRules, ThinkingBudget, ThinkingLevel } from './google.js'
export type { Effort, Maker, Modality, ModelRules } from './rules.js'
export { effortLevels } from './rules.js'

/** One maker's part of the table. */
interface Part<Rules extends ModelRules> {
  readonly entries: readonly RuleEntry<Rules>[]
  readonly names: ReadonlyMap<string, Rules>
  readonly parse: (name: string) => ModelName | undefined
}

const openaiPart: Part<ModelRules> = { entries: openaiEntries, names: openaiNames, parse: parseOpenAI }
const claudePart: Part<ClaudeRules> = { entries: claudeEntries, names: claudeNames, parse: parseClaude }
const geminiPart: Part<GeminiRules> = { entries: geminiEntries, names: new Map(), parse: parseGoogle }
const otherPart: Part<ModelRules> = { entries: otherEntries, names: otherNames, parse: parseOther }

/** Every entry of the table, for tests and the docs. */
export const modelRuleEntries: readonly RuleEntry[] = Object.freeze([
  ...openaiEntries,
  ...claudeEntries,
  ...geminiEntries,
  ...otherEntries,
])

/** Lookups that are remembered. Names come from callers, so the number is bounded. */
const mostRemembered = 512

function remembering<Rules>(find: (model: string) => Rules): (model: string) => Rules {
  const found = new Map<string, { rules: Rules }>()
  return (model) => {
    const known = found.get(model)
    if (known) return known.rules
    const rules = find(model)
    if (found.size >= mostRemembered) found.clear()
    found.set(model, { rules })
    return rules
  }
}

function rulesIn<Rules extends ModelRules>({ names, parse, entries }: Part<Rules>, name: string): Rules | undefined {
  const exact = names.get(name)
  if (exact) return exact
  const parsed = parse(name)
  return parsed && nearestEntry(entries, parsed)?.rules
}

/**
 * The rules of a model, by any name that hosts give it: `gpt-5.5`, `azure/gpt-5.5-2026-04-23`,
 * `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, `openrouter/moonshotai/kimi-k2.6:free`. A newer version of a known line inherits the
 * rules of the newest known one. Undefined for names of no known line.
 */
export const modelRules: (model: string) => ModelRules | undefined = remembering((model) => {
  const name = plainName(model)
  return rulesIn(openaiPart, name) ?? rulesIn(claudePart, name) ?? rulesIn(geminiPart, name) ?? rulesIn(otherPart, name)
})

/** The rules of a Claude model. Nothing is refused on behalf of an unknown one. */
export const claudeRules: (model: string) => ClaudeRules = remembering(
  (model) => rulesIn(claudePart, plainName(model)) ?? unknownClaude,
)

/** The rules of a Gemini or Gemma model. Nothing is refused on behalf of an unknown one. */
export const geminiRules: (model: string) => GeminiRules = remembering(
  (model) => rulesIn(geminiPart, plainName(model)) ?? unknownGemini,
)

/** The name by which the rules of a call's model are looked up. */
export const namedModel = ({ model, baseModel }: { model: string; baseModel?: string | undefined }): string =>
  baseModel ?? model

const regions = /^(?:us-gov|global|apac|us|eu|jp|au|ca|amer)\./
const makers =
  /^(?:anthropic|amazon|meta|mistral|mistralai|cohere|deepseek|openai|qwen|google|zai|moonshot|moonshotai|minimax|xai)\./

/**
 * The maker's own name of a model, lower case, without the additions of hosts: providers and paths (`azure/`, `publishers/google/models/`,
 * the ARN of a profile), regions and makers of Bedrock, versions behind `@` and `:`, fine-tunes, `-v1:0`, and the prefix of Databricks.
 */
export function plainName(model: string): string {
  const last = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  return last
    .replace(/^ft:/, '')
    .replace(/[@:].*$/, '')
    .replace(regions, '')
    .replace(makers, '')
    .replace(/^(?:databricks|meta)-/, '')
    .replace(/-v\d+$/, '')
}
