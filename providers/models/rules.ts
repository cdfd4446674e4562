/**
 * Rules of models: the parameters that each family accepts, refuses or renames, as data with a date and sources. Rules hold at every host
 * that serves a model under its maker's rules; differences of a host are its quirks.
 */

/** Levels of `reasoning_effort`, weakest first. */
export const effortLevels = Object.freeze(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const)

/** A level of `reasoning_effort`. */
export type Effort = (typeof effortLevels)[number]

/** The company that trains a model. */
export type Maker =
  | 'openai'
  | 'anthropic'
  | 'google'
  | 'xai'
  | 'deepseek'
  | 'mistral'
  | 'alibaba'
  | 'moonshot'
  | 'zai'
  | 'minimax'
  | 'amazon'
  | 'meta'
  | 'cohere'

/** A kind of content that a model reads or writes. */
export type Modality = 'text' | 'image' | 'audio' | 'video' | 'pdf'

/** The rules of one family of models. */
export interface ModelRules {
  readonly maker: Maker
  /** The family, as its maker writes it: `gpt-6.1`. */
  readonly family: string
  /** Day on which the rules were last compared with their sources, as `YYYY-MM-DD`. */
  readonly checked: string
  /** Pages and public threads that the rules come from. */
  readonly sources: readonly string[]
  /** The API of OpenAI that serves the model: Chat Completions and Responses, or Responses only. */
  readonly api: 'both' | 'responses'
  /**
   * Function tools: on every API; on the Responses API only; on the Responses API unless the effort is `none`; or nowhere.
   */
  readonly tools: 'everywhere' | 'responses' | 'responses-while-reasoning' | 'none'
  /** While the model reasons, a forced call may name any tool, no tool in particular (`required`), or can't be asked for. */
  readonly forcedWhileReasoning: 'any' | 'required' | 'none'
  /** Whether the model reasons: never, only on request, by default, or always. */
  readonly reasoning: 'never' | 'on-request' | 'by-default' | 'always'
  /** Accepted levels of `reasoning_effort`, weakest first. Empty if the model has no such setting, or its levels are unknown. */
  readonly efforts: readonly Effort[]
  /** Levels that Chat Completions refuse, although the Responses API accepts them. */
  readonly responsesEfforts: readonly Effort[]
  /** Parameters that the model always refuses, unless they hold the default value. */
  readonly refused: readonly string[]
  /** Parameters that the model refuses while it reasons, unless they hold the default value. */
  readonly refusedWhileReasoning: readonly string[]
  /** Parameters that the model knows by another name only, by the name that callers use. */
  readonly renamed: Readonly<Record<string, string>>
  /** Whether parts of a message accept `prompt_cache_breakpoint`. */
  readonly cacheBreakpoints: boolean
  /** Support for `response_format`: JSON Schema, JSON mode, or neither. */
  readonly formats: 'schema' | 'object' | 'text'
  /** Most tokens of one answer. Undefined if unknown. */
  readonly maxOutput: number | undefined
  /** Content that the model reads. */
  readonly input: readonly Modality[]
  /** Content that the model writes. */
  readonly output: readonly Modality[]
}

/** Rules that hold from one version of a line of models on, until an entry of a later version replaces them. */
export interface RuleEntry<Rules extends ModelRules = ModelRules> {
  /** Line of models: `gpt`, `claude-opus`, `kimi-k`. */
  readonly line: string
  readonly version: Version
  /** Parts of the name behind the version, one of which must be there: `pro`, `codex`. @default any name of this version */
  readonly variants?: readonly string[]
  readonly rules: Rules
}

/** Major and minor version. */
export type Version = readonly [major: number, minor: number]

/** A model's name, taken apart. */
export interface ModelName {
  readonly line: string
  readonly version: Version
  /** The parts of the name behind the version: `['mini']` of `gpt-5-mini`. */
  readonly variants: readonly string[]
}

const none = Object.freeze([])
const text: readonly Modality[] = Object.freeze(['text'])

/** A model of which nothing is known beyond its maker. */
export function baseRules(maker: Maker, family: string, checked: string, sources: readonly string[]): ModelRules {
  return Object.freeze({
    maker,
    family,
    checked,
    sources: Object.freeze(sources),
    api: 'both',
    tools: 'everywhere',
    forcedWhileReasoning: 'any',
    reasoning: 'never',
    efforts: none,
    responsesEfforts: none,
    refused: none,
    refusedWhileReasoning: none,
    renamed: Object.freeze({}),
    cacheBreakpoints: false,
    formats: 'schema',
    maxOutput: undefined,
    input: text,
    output: text,
  })
}

/** Rules that differ from others in some fields. */
export const changed = <Rules extends ModelRules>(base: Rules, changes: Partial<Rules>): Rules =>
  Object.freeze({ ...base, ...changes })

/**
 * The entry for a model: of the same line and variant if there is one, of the newest version that is not newer than the model's. A
 * model that is newer than every entry inherits from the newest, a model that is older from the oldest.
 */
export function nearestEntry<Rules extends ModelRules>(
  entries: readonly RuleEntry<Rules>[],
  { line, version, variants }: ModelName,
): RuleEntry<Rules> | undefined {
  const sameLine = entries.filter((entry) => entry.line === line)
  const special = sameLine.filter((entry) => entry.variants?.some((variant) => variants.includes(variant)))
  const general = sameLine.filter((entry) => entry.variants === undefined)
  return (
    newest(special.filter((entry) => compare(entry.version, version) <= 0)) ??
    newest(general.filter((entry) => compare(entry.version, version) <= 0)) ??
    general.toSorted((one, other) => compare(one.version, other.version))[0]
  )
}

const newest = <Entry extends RuleEntry>(entries: readonly Entry[]): Entry | undefined =>
  entries.reduce<Entry | undefined>(
    (best, entry) => (best && compare(best.version, entry.version) >= 0 ? best : entry),
    undefined,
  )

const compare = ([major, minor]: Version, [otherMajor, otherMinor]: Version): number =>
  major - otherMajor || minor - otherMinor
