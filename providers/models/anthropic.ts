import {
  baseRules,
  changed,
  type Effort,
  type ModelName,
  type ModelRules,
  type RuleEntry,
  type Version,
} from './rules.js'

/** The rules of a Claude model: those of all models, and those of the Messages API. */
export interface ClaudeRules extends ModelRules {
  /** `budget`: thinking has a token budget; `adaptive`: it takes none; `either`: both forms are accepted. */
  readonly thinking: 'none' | 'budget' | 'either' | 'adaptive'
  /** How thinking is turned off. */
  readonly off: 'disabled' | 'between_tools' | 'never'
  /** True if the text of the thinking is sent only with `display: 'summarized'`. */
  readonly hidden: boolean
  /** `one`: temperature or top_p, but not both; `fixed`: neither, nor top_k. */
  readonly sampling: 'free' | 'one' | 'fixed'
  /** Whether `tool_choice` can force a call. */
  readonly forcedTools: boolean
  /** Whether the model continues a trailing assistant message. */
  readonly prefill: boolean
  /** Whether `output_config.format` and strict tools are supported. */
  readonly schemas: boolean
  /** Whether system messages are accepted between turns. */
  readonly systemTurns: boolean
}

/**
 * https://platform.claude.com/docs/en/about-claude/models/overview
 * https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting (thinking types by model)
 * https://platform.claude.com/docs/en/build-with-claude/effort (levels by model)
 * https://platform.claude.com/docs/en/api/errors (prefill, forced tools)
 */
const sources = [
  'https://platform.claude.com/docs/en/about-claude/models/overview',
  'https://platform.claude.com/docs/en/build-with-claude/thinking-troubleshooting',
  'https://platform.claude.com/docs/en/build-with-claude/effort',
]

const toMax: readonly Effort[] = Object.freeze(['low', 'medium', 'high', 'xhigh', 'max'])
const toMaxWithoutXhigh: readonly Effort[] = Object.freeze(['low', 'medium', 'high', 'max'])
const toHigh: readonly Effort[] = Object.freeze(['low', 'medium', 'high'])
const sampling = Object.freeze(['temperature', 'top_p', 'top_k'])

const claude3: ClaudeRules = Object.freeze({
  ...baseRules('anthropic', 'claude-3', '2026-11-29', sources),
  formats: 'text',
  input: Object.freeze(['text', 'image', 'pdf'] as const),
  maxOutput: 4096,
  thinking: 'none',
  off: 'disabled',
  hidden: false,
  sampling: 'free',
  forcedTools: true,
  prefill: true,
  schemas: false,
  systemTurns: false,
})
const claude35 = changed(claude3, { family: 'claude-3-5', maxOutput: 8192 })
const claude4 = changed(claude3, { family: 'claude-4', maxOutput: 64_000, thinking: 'budget', reasoning: 'on-request' })
const claude45 = changed(claude4, { family: 'claude-4-5', sampling: 'one', schemas: true, formats: 'schema' })
const claude46 = changed(claude45, {
  family: 'claude-4-6',
  maxOutput: 128_000,
  thinking: 'either',
  efforts: toMaxWithoutXhigh,
  prefill: false,
})
const claude47 = changed(claude46, {
  family: 'claude-4-7',
  thinking: 'adaptive',
  hidden: true,
  efforts: toMax,
  sampling: 'fixed',
  refused: sampling,
})
const claude5 = changed(claude47, { family: 'claude-5', systemTurns: true })
const alwaysThinking = changed(claude5, { family: 'claude-fable-5', off: 'never', reasoning: 'always' })
const claude55 = changed(alwaysThinking, { family: 'claude-5-5', forcedTools: false })

/** An unknown model is treated like one of the newest, except that nothing is refused on its behalf. */
export const unknownClaude: ClaudeRules = changed(claude5, {
  family: 'claude',
  maxOutput: undefined,
  sampling: 'free',
  refused: Object.freeze([]),
  prefill: true,
})

const entry = (line: string, version: Version, rules: ClaudeRules): RuleEntry<ClaudeRules> =>
  Object.freeze({ line, version, rules })

export const claudeEntries: readonly RuleEntry<ClaudeRules>[] = Object.freeze([
  entry('claude-haiku', [3, 0], claude3),
  entry('claude-haiku', [3, 5], claude35),
  entry('claude-haiku', [4, 5], claude45),
  entry('claude-haiku', [5, 5], changed(claude47, { family: 'claude-haiku-5-5' })),
  entry('claude-sonnet', [3, 0], claude3),
  entry('claude-sonnet', [3, 5], claude35),
  entry('claude-sonnet', [3, 7], changed(claude4, { family: 'claude-3-7' })),
  entry('claude-sonnet', [4, 0], claude4),
  entry('claude-sonnet', [4, 5], claude45),
  entry('claude-sonnet', [4, 6], claude46),
  entry('claude-sonnet', [5, 0], changed(claude47, { family: 'claude-sonnet-5' })),
  entry('claude-sonnet', [5, 5], changed(claude55, { family: 'claude-sonnet-5-5', off: 'between_tools' })),
  entry('claude-opus', [3, 0], claude3),
  entry('claude-opus', [4, 0], changed(claude4, { maxOutput: 32_000 })),
  entry('claude-opus', [4, 1], changed(claude45, { family: 'claude-opus-4-1', maxOutput: 32_000 })),
  entry('claude-opus', [4, 5], changed(claude45, { efforts: toHigh })),
  entry('claude-opus', [4, 6], claude46),
  entry('claude-opus', [4, 7], claude47),
  entry('claude-opus', [4, 8], claude5),
  entry('claude-opus', [5, 0], claude5),
  entry('claude-opus', [5, 5], claude55),
  entry('claude-fable', [5, 0], alwaysThinking),
  entry('claude-fable', [5, 1], claude55),
  entry('claude-mythos', [5, 0], alwaysThinking),
  entry('claude-mythos', [5, 1], claude55),
])

/** Names without a version. */
export const claudeNames: ReadonlyMap<string, ClaudeRules> = new Map([
  [
    'claude-mythos-preview',
    changed(alwaysThinking, {
      family: 'claude-mythos-preview',
      thinking: 'either',
      efforts: toMaxWithoutXhigh,
      systemTurns: false,
    }),
  ],
])

/** `claude-sonnet-4-5`, `claude-3-5-sonnet`, and `claude-sonnet-latest` for the newest of its line. */
const today = /^claude-(opus|sonnet|haiku|fable|mythos)-(?:(\d+)(?:[-.](\d{1,2}))?(?=$|-)|latest$)/
const formerly = /^claude-(\d)(?:[-.](\d))?-(opus|sonnet|haiku)(?=$|-)/

/** Takes a name of Anthropic's apart. */
export function parseClaude(name: string): ModelName | undefined {
  const now = today.exec(name)
  if (now) {
    const [, line, major, minor] = now
    return {
      line: `claude-${line}`,
      version: [major === undefined ? newest : Number(major), Number(minor ?? 0)],
      variants: none,
    }
  }
  const [, major, minor, line] = formerly.exec(name) ?? []
  return line === undefined
    ? undefined
    : { line: `claude-${line}`, version: [Number(major), Number(minor ?? 0)], variants: none }
}

const newest = Number.MAX_SAFE_INTEGER
const none: readonly string[] = Object.freeze([])
