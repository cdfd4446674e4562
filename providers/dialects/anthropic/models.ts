/**
 * Capabilities of each Claude model, as far as they affect a request.
 * https://platform.claude.com/docs/en/about-claude/models/overview
 * https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting (thinking types by model)
 * https://platform.claude.com/docs/en/api/errors (prefill, forced tools)
 */
export type Effort = 'low' | 'medium' | 'high' | 'xhigh' | 'max'

export interface ModelFacts {
  /** The maximum of `max_tokens`. Undefined for unknown models. */
  readonly maxOutput: number | undefined
  /** `budget`: `enabled` with a token budget; `adaptive`: no budgets; `either`: both. */
  readonly thinking: 'none' | 'budget' | 'either' | 'adaptive'
  /** How thinking is turned off. */
  readonly off: 'disabled' | 'between_tools' | 'never'
  /** True if the text of the thinking requires `display: 'summarized'`. */
  readonly hidden: boolean
  /** Levels of `output_config.effort`, weakest first. Empty for models without effort. */
  readonly efforts: readonly Effort[]
  /** `one`: temperature or top_p but not both; `fixed`: neither, nor top_k. */
  readonly sampling: 'free' | 'one' | 'fixed'
  /** Whether tool_choice can force a call. */
  readonly forcedTools: boolean
  /** Whether the model continues a trailing assistant message. */
  readonly prefill: boolean
  /** Whether the model supports `output_config.format` and strict tools. */
  readonly schemas: boolean
  /** Whether system messages are allowed between turns. */
  readonly systemTurns: boolean
}

const toMax: readonly Effort[] = Object.freeze(['low', 'medium', 'high', 'xhigh', 'max'])
const toMaxWithoutX: readonly Effort[] = Object.freeze(['low', 'medium', 'high', 'max'])
const toHigh: readonly Effort[] = Object.freeze(['low', 'medium', 'high'])
const none: readonly Effort[] = Object.freeze([])

const facts = (base: ModelFacts, changes: Partial<ModelFacts>): ModelFacts => Object.freeze({ ...base, ...changes })

const claude3: ModelFacts = Object.freeze({
  maxOutput: 4096,
  thinking: 'none',
  off: 'disabled',
  hidden: false,
  efforts: none,
  sampling: 'free',
  forcedTools: true,
  prefill: true,
  schemas: false,
  systemTurns: false,
})
const claude35 = facts(claude3, { maxOutput: 8192 })
const claude4 = facts(claude3, { maxOutput: 64_000, thinking: 'budget' })
const claude45 = facts(claude4, { sampling: 'one', schemas: true })
const claude46 = facts(claude45, { maxOutput: 128_000, thinking: 'either', efforts: toMaxWithoutX, prefill: false })
const claude47 = facts(claude46, { thinking: 'adaptive', hidden: true, efforts: toMax, sampling: 'fixed' })
const claude5 = facts(claude47, { systemTurns: true })
const alwaysThinking = facts(claude5, { off: 'never' })
const claude55 = facts(alwaysThinking, { forcedTools: false })

/** An unknown model is treated as one of the newest, and nothing is rejected on its behalf: the API decides. */
const unknown: ModelFacts = facts(claude5, {
  maxOutput: undefined,
  sampling: 'free',
  prefill: true,
})

const models: ReadonlyMap<string, ModelFacts> = new Map([
  ['claude-3-haiku', claude3],
  ['claude-3-sonnet', claude3],
  ['claude-3-opus', claude3],
  ['claude-3-5-haiku', claude35],
  ['claude-3-5-sonnet', claude35],
  ['claude-3-7-sonnet', claude4],
  ['claude-opus-4', facts(claude4, { maxOutput: 32_000 })],
  ['claude-sonnet-4', claude4],
  ['claude-opus-4-1', facts(claude45, { maxOutput: 32_000 })],
  ['claude-haiku-4-5', claude45],
  ['claude-sonnet-4-5', claude45],
  ['claude-opus-4-5', facts(claude45, { efforts: toHigh })],
  ['claude-sonnet-4-6', claude46],
  ['claude-opus-4-6', claude46],
  ['claude-opus-4-7', claude47],
  ['claude-opus-4-8', claude5],
  ['claude-sonnet-5', claude47],
  ['claude-opus-5', claude5],
  ['claude-mythos-preview', facts(alwaysThinking, { thinking: 'either', systemTurns: false })],
  ['claude-fable-5', alwaysThinking],
  ['claude-mythos-5', alwaysThinking],
  ['claude-fable-5-1', claude55],
  ['claude-mythos-5-1', claude55],
  ['claude-opus-5-5', claude55],
  ['claude-sonnet-5-5', facts(claude55, { off: 'between_tools' })],
  ['claude-haiku-5-5', claude47],
  ['claude-fable-5-2', claude55],
  ['claude-mythos-5-2', claude55],
])

/** Undated aliases of models whose own id has no minor version. */
const aliases: ReadonlyMap<string, string> = new Map([
  ['claude-opus-4-0', 'claude-opus-4'],
  ['claude-sonnet-4-0', 'claude-sonnet-4'],
])

/**
 * Looks up a model by its exact id. Dates, `-latest` and the affixes of Bedrock and Vertex are removed first:
 * `us.anthropic.claude-sonnet-4-5-20250929-v1:0` and `claude-sonnet-4-5@20250929` are `claude-sonnet-4-5`.
 */
export function modelFacts(model: string): ModelFacts {
  const id = model
    .replace(/^.*(?:\/|anthropic\.)/, '')
    .replace(/@.*$/, '')
    .replace(/-v\d+(?::\d+)?$/, '')
    .replace(/-(?:latest|\d{8})$/, '')
    .replaceAll('.', '-')
  return models.get(aliases.get(id) ?? id) ?? unknown
}
