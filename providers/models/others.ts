import {
  baseRules,
  changed,
  type Effort,
  type Maker,
  type ModelName,
  type ModelRules,
  type RuleEntry,
  type Version,
} from './rules.js'

/** Models of xAI, DeepSeek, Mistral, Alibaba, Moonshot AI, Z.ai and others, most of which many hosts serve. */

const checked = '2026-11-29'
const levels = (...all: readonly Effort[]): readonly Effort[] => Object.freeze(all)
const withImages = Object.freeze(['text', 'image'] as const)
const withVideo = Object.freeze(['text', 'image', 'video'] as const)
const penalties = ['presence_penalty', 'frequency_penalty']

const base = (maker: Maker, family: string, changes: Partial<ModelRules>, ...sources: readonly string[]): ModelRules =>
  changed(baseRules(maker, family, checked, sources), changes)

const entry = (line: string, version: Version, rules: ModelRules, ...variants: readonly string[]): RuleEntry =>
  Object.freeze({ line, version, rules, ...(variants.length > 0 && { variants: Object.freeze(variants) }) })

// xAI

const xaiReasoning = 'https://docs.x.ai/docs/guides/reasoning'
const grok3 = base('xai', 'grok-3', { maxOutput: 131_072 }, 'https://docs.x.ai/docs/models')
const grok3Mini = changed(grok3, {
  family: 'grok-3-mini',
  reasoning: 'always',
  efforts: levels('low', 'high'),
  refused: Object.freeze([...penalties, 'stop']),
  sources: Object.freeze([xaiReasoning]),
})
const grok4 = changed(grok3Mini, {
  family: 'grok-4',
  efforts: levels(),
  input: withImages,
  refused: Object.freeze([...penalties, 'stop', 'reasoning_effort']),
})
const grokPlain = changed(grok3, { family: 'grok-4-non-reasoning', input: withImages })
const grokAgents = changed(grok4, {
  family: 'grok-4.20-multi-agent',
  efforts: levels('low', 'medium', 'high', 'xhigh'),
  refused: Object.freeze([...penalties, 'stop']),
})
const grok43 = changed(grokAgents, {
  family: 'grok-4.3',
  reasoning: 'by-default',
  efforts: levels('none', 'low', 'medium', 'high'),
})
const grok45 = changed(grok43, { family: 'grok-4.5', reasoning: 'always', efforts: levels('low', 'medium', 'high') })
/** The levels differ between 4.6 and 4.7, and are left to the API. */
const grok46 = changed(grok45, { family: 'grok-4.6', efforts: levels() })

// DeepSeek

const deepseek = base('deepseek', 'deepseek-v3', {}, 'https://api-docs.deepseek.com/quick_start/pricing')
const deepseekR = changed(deepseek, { family: 'deepseek-r1', reasoning: 'always' })
const deepseek4 = base(
  'deepseek',
  'deepseek-v4',
  { reasoning: 'by-default', efforts: levels('low', 'high', 'max'), formats: 'object', forcedWhileReasoning: 'none' },
  'https://api-docs.deepseek.com/guides/thinking_mode',
  'https://github.com/deepseek-ai/DeepSeek-V3/issues/1376',
)

// Mistral

const mistral = base('mistral', 'mistral', {}, 'https://docs.mistral.ai/getting-started/models/models_overview/')
/** Mistral Small 4 and Medium 3.5: on or off. The API names these two levels in its error for another one. */
const mistralSwitch = base(
  'mistral',
  'mistral-medium-3.5',
  { reasoning: 'on-request', efforts: levels('none', 'high'), input: withImages },
  'https://docs.mistral.ai/capabilities/reasoning/adjustable',
  'https://github.com/architects-toolkit/SmartHopper/issues/647',
)
/** Reasoning has levels, which end at `xhigh`. */
const mistralReasoning = base(
  'mistral',
  'mistral-large-4',
  {
    reasoning: 'on-request',
    efforts: levels('none', 'minimal', 'low', 'medium', 'high', 'xhigh'),
    input: withImages,
  },
  'https://docs.mistral.ai/inference/conversations/reasoning',
  '@mistralai/mistralai@2.7.0 (ReasoningEffort)',
)
const magistral = changed(mistral, { family: 'magistral', reasoning: 'always', input: withImages })

// Alibaba

const qwenGuide = 'https://help.aliyun.com/zh/model-studio/deep-thinking'
const qwen = base('alibaba', 'qwen2.5', { maxOutput: 8192 }, qwenGuide)
const qwen3 = base(
  'alibaba',
  'qwen3',
  { reasoning: 'on-request', maxOutput: 32_768, forcedWhileReasoning: 'none' },
  qwenGuide,
  'https://github.com/cloudwego/eino/issues/994',
)
const qwenThinking = changed(qwen3, { family: 'qwen3-thinking', reasoning: 'always' })
const qwenInstruct = changed(qwen3, { family: 'qwen3-instruct', reasoning: 'never' })
const qwen35 = changed(qwen3, { family: 'qwen3.5', reasoning: 'by-default', maxOutput: 65_536, input: withVideo })
/** `high` is an alias of `xhigh`, the default. Earlier models take a budget in tokens only. */
const qwen38 = changed(qwen35, {
  family: 'qwen3.8',
  efforts: levels('low', 'medium', 'xhigh'),
  sources: Object.freeze([
    'https://docs.qwencloud.com/developer-guides/text-generation/thinking',
    'https://github.com/anomalyco/models.dev/blob/3f2765a58f8466f6d96dade1b4843189eeb6360b/providers/alibaba/models/qwen3.8-max.toml',
  ]),
})

// Moonshot AI

const kimiGuide = 'https://platform.kimi.ai/docs/api/models-overview'
const kimi2 = base('moonshot', 'kimi-k2', {}, kimiGuide)
const kimiForced = 'https://github.com/UKGovernmentBEIS/inspect_ai/pull/5152'
const kimiThinking = changed(kimi2, {
  family: 'kimi-k2-thinking',
  reasoning: 'always',
  forcedWhileReasoning: 'none',
  sources: Object.freeze([kimiGuide, kimiForced]),
})
const fixed = Object.freeze(['temperature', 'top_p', 'n', ...penalties])
const kimi25 = changed(kimiThinking, { family: 'kimi-k2.5', reasoning: 'by-default', refused: fixed, input: withVideo })
const kimi3 = base(
  'moonshot',
  'kimi-k3',
  {
    reasoning: 'always',
    efforts: levels('low', 'high', 'max'),
    refused: fixed,
    input: withVideo,
    forcedWhileReasoning: 'required',
  },
  kimiGuide,
  kimiForced,
  'https://dev.to/aihubmix/kimi-k31-pro-migration-guide-five-400s-one-404-and-the-claude-code-codex-config-13k',
)

// Z.ai

const glmGuide = 'https://docs.z.ai/guides/capabilities/thinking'
const glm = base('zai', 'glm-4', { maxOutput: 4096 }, glmGuide)
const glm45 = base('zai', 'glm-4.5', { reasoning: 'by-default', maxOutput: 98_304, formats: 'object' }, glmGuide)
const glm46 = changed(glm45, { family: 'glm-4.6', maxOutput: 131_072 })
const glm52 = changed(glm46, {
  family: 'glm-5.2',
  efforts: levels('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
})
const glm53 = changed(glm52, {
  family: 'glm-5.3',
  reasoning: 'always',
  efforts: levels('minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
})

// Others

const minimax = base(
  'minimax',
  'minimax-m2',
  { reasoning: 'always' },
  'https://platform.minimax.io/docs/api-reference/text-openai-api',
)
const nova = base(
  'amazon',
  'nova',
  { maxOutput: 10_000, input: withVideo },
  'https://docs.aws.amazon.com/nova/latest/userguide/what-is-nova.html',
)
const nova2 = changed(nova, {
  family: 'nova-2',
  reasoning: 'on-request',
  efforts: levels('low', 'medium', 'high'),
  maxOutput: 65_535,
})
const llama = base('meta', 'llama-3', {}, 'https://www.llama.com/docs/model-cards-and-prompt-formats/')
const llama4 = changed(llama, { family: 'llama-4', input: withImages })
const command = base('cohere', 'command', { maxOutput: 4096 }, 'https://docs.cohere.com/docs/models')

export const otherEntries: readonly RuleEntry[] = Object.freeze([
  entry('grok', [2, 0], grok3),
  entry('grok', [3, 0], grok3),
  entry('grok', [3, 0], grok3Mini, 'mini'),
  entry('grok', [4, 0], grok4),
  entry('grok', [4, 0], grokPlain, 'non'),
  entry('grok', [4, 2], grok4),
  entry('grok', [4, 2], grokAgents, 'multi'),
  entry('grok', [4, 3], grok43),
  entry('grok', [4, 5], grok45),
  entry('grok', [4, 6], grok46),
  entry('deepseek-v', [3, 0], deepseek),
  entry('deepseek-v', [4, 0], deepseek4),
  entry('deepseek-r', [1, 0], deepseekR),
  entry('mistral-large', [1, 0], mistral),
  entry('mistral-large', [4, 0], mistralReasoning),
  entry('mistral-medium', [1, 0], mistral),
  entry('mistral-medium', [3, 5], mistralSwitch),
  entry('mistral-medium', [4, 0], mistralReasoning),
  entry('mistral-small', [1, 0], mistral),
  entry('mistral-small', [4, 0], changed(mistralSwitch, { family: 'mistral-small-4' })),
  entry('magistral', [1, 0], magistral),
  entry('mistral', [1, 0], mistral),
  entry('qwen', [1, 0], qwen),
  entry('qwen', [3, 0], qwen3),
  entry('qwen', [3, 0], qwenThinking, 'thinking'),
  entry('qwen', [3, 0], qwenInstruct, 'instruct', 'coder'),
  entry('qwen', [3, 5], qwen35),
  entry('qwen', [3, 8], qwen38),
  entry('kimi-k', [2, 0], kimi2),
  entry('kimi-k', [2, 0], kimiThinking, 'thinking'),
  entry('kimi-k', [2, 5], kimi25),
  entry('kimi-k', [3, 0], kimi3),
  entry('glm', [4, 0], glm),
  entry('glm', [4, 5], glm45),
  entry('glm', [4, 6], glm46),
  entry('glm', [5, 2], glm52),
  entry('glm', [5, 3], glm53),
  entry('minimax-m', [1, 0], minimax),
  entry('nova', [1, 0], nova),
  entry('nova', [2, 0], nova2),
  entry('llama', [2, 0], llama),
  entry('llama', [4, 0], llama4),
  entry('command', [1, 0], command),
])

/** Names without a version. */
export const otherNames: ReadonlyMap<string, ModelRules> = new Map([
  ['grok-latest', grok46],
  ['grok-code-fast-1', changed(grok4, { family: 'grok-code-fast-1', input: Object.freeze(['text'] as const) })],
  ['deepseek-chat', changed(deepseek4, { family: 'deepseek-chat', reasoning: 'never' })],
  ['deepseek-reasoner', changed(deepseek4, { family: 'deepseek-reasoner', reasoning: 'always' })],
  ['mistral-large-latest', mistralReasoning],
  ['mistral-medium-2604', mistralSwitch],
  // seen to take both levels: https://github.com/anomalyco/models.dev/pull/1986
  ['mistral-medium-3', mistralSwitch],
  ['mistral-medium-latest', mistralSwitch],
  ['mistral-small-2603', changed(mistralSwitch, { family: 'mistral-small-4' })],
  ['mistral-small-latest', changed(mistralSwitch, { family: 'mistral-small-4' })],
  ['qwq-32b', qwenThinking],
  ['qwq-plus', qwenThinking],
  ['qvq-max', qwenThinking],
  ['qvq-plus', qwenThinking],
  ['kimi-latest', kimi25],
  ['kimi-thinking-preview', kimiThinking],
])

/** A line, its version if it is written behind it, and the rest of the name. */
const pattern =
  /^(grok|deepseek-v|deepseek-r|mistral-large|mistral-medium|mistral-small|magistral|mistral|qwen|kimi-k|glm|minimax-m|nova|llama|command)-?v?(?:(\d{1,2})(?!\d))?(?:[.-](\d{1,2})(?![\da-z]))?(.*)$/

/** Takes a name apart. `grok-4.20` is version 4.2; a date is no version. */
export function parseOther(name: string): ModelName | undefined {
  const [, line, major, minor = '0', rest = ''] = pattern.exec(name) ?? []
  if (line === undefined || (rest !== '' && /^[a-z]/.test(rest) && major === undefined)) return undefined
  const part = line === 'grok' && minor === '20' ? 2 : Number(minor)
  return { line, version: [Number(major ?? 1), part], variants: rest.split('-').filter(Boolean) }
}
