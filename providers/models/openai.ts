import {
  baseRules,
  changed,
  type Effort,
  type ModelName,
  type ModelRules,
  type RuleEntry,
  type Version,
} from './rules.js'

/** Models of OpenAI. */

const guide = 'https://developers.openai.com/api/docs/guides/reasoning'
const models = 'https://developers.openai.com/api/docs/models'
const toolsRefused = 'https://github.com/openai/openai-openapi/issues/541'
const checked = '2026-11-29'

const levels = <Level extends Effort>(...all: readonly Level[]): readonly Level[] => Object.freeze(all)
const sampling = Object.freeze([
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
])
const withImages = Object.freeze(['text', 'image', 'pdf'] as const)
const withAudio = Object.freeze(['text', 'audio'] as const)
const maxTokens = Object.freeze({ max_tokens: 'max_completion_tokens' })

const family = (name: string, base: ModelRules, changes: Partial<ModelRules>, ...sources: string[]): ModelRules =>
  changed(base, { family: name, ...(sources.length > 0 && { sources: Object.freeze(sources) }), ...changes })

const plain = baseRules('openai', 'gpt', checked, [models])
const gpt3 = family('gpt-3.5-turbo', plain, { formats: 'object', maxOutput: 4096 })
const gpt4 = family('gpt-4', plain, { formats: 'text', maxOutput: 8192 })
const gpt4Turbo = family('gpt-4-turbo', plain, { formats: 'object', maxOutput: 4096, input: withImages })
const gpt4o = family('gpt-4o', plain, { maxOutput: 16_384, input: withImages })
/** They refuse what the search would ignore: https://github.com/vercel/ai/issues/5609, https://github.com/ChatGPTNextWeb/NextChat/issues/6569 */
const searching = Object.freeze(['temperature', 'top_p', 'presence_penalty', 'frequency_penalty'])
const gpt4oSearch = family('gpt-4o-search-preview', gpt4o, { refused: searching })
const gpt41 = family('gpt-4.1', gpt4o, { maxOutput: 32_768 })
const audio = family('gpt-audio', plain, { input: withAudio, output: withAudio, maxOutput: 16_384 })

/** Models that always reason. */
const reasoning = family(
  'o1',
  plain,
  {
    reasoning: 'always',
    efforts: levels('low', 'medium', 'high'),
    refused: Object.freeze([...sampling, 'parallel_tool_calls']),
    renamed: maxTokens,
    maxOutput: 100_000,
    input: withImages,
  },
  guide,
  // parallel_tool_calls
  'https://github.com/BerriAI/litellm/issues/8980',
)
const o3 = family('o3', reasoning, { refused: Object.freeze([...reasoning.refused, 'stop']) })
const gpt5 = family('gpt-5', o3, {
  refused: Object.freeze([...sampling, 'stop']),
  efforts: levels('minimal', 'low', 'medium', 'high'),
  maxOutput: 128_000,
})

/** Models that reason on request, and then refuse to sample freely. */
const gpt51 = family(
  'gpt-5.1',
  gpt5,
  {
    reasoning: 'on-request',
    efforts: levels('none', 'low', 'medium', 'high'),
    refused: Object.freeze([]),
    refusedWhileReasoning: sampling,
  },
  guide,
  'https://developers.openai.com/api/docs/guides/latest-model',
)
const gpt52 = family('gpt-5.2', gpt51, { efforts: levels('none', 'low', 'medium', 'high', 'xhigh') })
const gpt54 = family(
  'gpt-5.4',
  gpt52,
  { tools: 'responses-while-reasoning' },
  guide,
  toolsRefused,
  'https://github.com/pipecat-ai/pipecat/issues/4043',
)
const gpt55 = family(
  'gpt-5.5',
  gpt54,
  { reasoning: 'by-default' },
  `${models}/gpt-5.5`,
  toolsRefused,
  'https://github.com/BerriAI/litellm/issues/38593',
)
const gpt56 = family(
  'gpt-5.6',
  gpt55,
  {
    efforts: levels('none', 'low', 'medium', 'high', 'xhigh', 'max'),
    responsesEfforts: levels('max'),
    cacheBreakpoints: true,
  },
  `${models}/gpt-5.6-sol`,
  toolsRefused,
  'https://github.com/enricoros/big-AGI/issues/1159',
)
/** `gpt-6-sol` and `gpt-6-luna` accept the effort `none`. */
const gpt6Sol = family(
  'gpt-6-sol',
  gpt56,
  {},
  'https://github.com/onyx-dot-app/onyx/issues/15008',
  'https://github.com/CopilotKit/CopilotKit/pull/7191',
)
const gpt6 = family(
  'gpt-6',
  gpt56,
  {
    reasoning: 'always',
    tools: 'responses',
    efforts: levels('low', 'medium', 'high', 'xhigh', 'max'),
    refused: Object.freeze([...sampling, 'stop']),
    refusedWhileReasoning: Object.freeze([]),
  },
  `${models}/gpt-6-astra`,
  'https://github.com/BerriAI/litellm/pull/39631',
  'https://github.com/bolna-ai/bolna/pull/1019',
)
const gpt61 = family('gpt-6.1', gpt6, {}, 'openai@7.59.0 (ChatModel, change log)', `${models}/gpt-6.1-sol`)
const gpt62 = family('gpt-6.2', gpt61, {}, 'openai@7.58.0 (ChatModel)', `${models}/gpt-6.2-sol`)

const responsesOnly: Partial<ModelRules> = { api: 'responses', tools: 'responses' }
const pro = family(
  'gpt-5-pro',
  gpt5,
  { ...responsesOnly, efforts: levels('high'), maxOutput: 272_000 },
  `${models}/gpt-5-pro`,
)
const pro52 = family(
  'gpt-5.2-pro',
  pro,
  { efforts: levels('medium', 'high', 'xhigh'), maxOutput: 128_000 },
  `${models}/gpt-5.2-pro`,
)
const codex = family(
  'gpt-5-codex',
  gpt5,
  { ...responsesOnly, efforts: levels('low', 'medium', 'high') },
  `${models}/gpt-5-codex`,
)
const codexMax = family('gpt-5.1-codex-max', codex, { efforts: levels('none', 'low', 'medium', 'high', 'xhigh') })
const codex52 = family('gpt-5.2-codex', codex, { efforts: levels('low', 'medium', 'high', 'xhigh') })
const research = family('o3-deep-research', o3, { ...responsesOnly, efforts: levels('medium') })
/** The models behind ChatGPT: no setting for their reasoning. */
const chat = family('gpt-5-chat', plain, { renamed: maxTokens, maxOutput: 16_384, input: withImages })
const gptOss = family(
  'gpt-oss',
  plain,
  { reasoning: 'always', efforts: levels('low', 'medium', 'high'), maxOutput: 131_072 },
  'https://huggingface.co/openai/gpt-oss-120b',
)

const entry = (line: string, version: Version, rules: ModelRules, ...variants: readonly string[]): RuleEntry =>
  Object.freeze({ line, version, rules, ...(variants.length > 0 && { variants: Object.freeze(variants) }) })

export const openaiEntries: readonly RuleEntry[] = Object.freeze([
  entry('gpt', [3, 5], gpt3),
  entry('gpt', [4, 0], gpt4),
  entry('gpt', [4, 0], gpt4Turbo, 'turbo', '1106', '0125', 'vision'),
  entry('gpt', [4, 0], gpt4oSearch, 'search'),
  entry('gpt', [4, 0], gpt4o, 'o'),
  entry('gpt', [4, 1], gpt41),
  entry('gpt', [4, 5], gpt4o),
  entry('gpt', [5, 0], gpt5),
  entry('gpt', [5, 0], chat, 'chat'),
  entry('gpt', [5, 0], changed(chat, { family: 'gpt-5-search', refused: searching }), 'search'),
  entry('gpt', [5, 0], pro, 'pro'),
  entry('gpt', [5, 0], codex, 'codex'),
  entry('gpt', [5, 1], gpt51),
  entry('gpt', [5, 2], gpt52),
  entry('gpt', [5, 2], pro52, 'pro'),
  entry('gpt', [5, 2], codex52, 'codex'),
  entry('gpt', [5, 4], gpt54),
  entry('gpt', [5, 5], gpt55),
  entry('gpt', [5, 6], gpt56),
  entry('gpt', [6, 0], gpt6),
  entry('gpt', [6, 0], gpt6Sol, 'sol', 'luna'),
  entry('gpt', [6, 1], gpt61, 'sol', 'luna', 'terra', 'astra'),
  entry('gpt', [6, 1], gpt61),
  entry('gpt', [6, 2], gpt62, 'sol', 'luna', 'terra', 'astra'),
  entry('gpt', [6, 2], gpt62),
  entry('o', [1, 0], reasoning),
  entry(
    'o',
    [1, 0],
    changed(reasoning, { family: 'o1-mini', efforts: Object.freeze([]), tools: 'none' }),
    'mini',
    'preview',
  ),
  entry('o', [1, 0], changed(reasoning, { family: 'o1-pro', ...responsesOnly }), 'pro'),
  entry('o', [3, 0], o3),
  entry('o', [3, 0], changed(reasoning, { family: 'o3-mini' }), 'mini'),
  entry('o', [3, 0], changed(o3, { family: 'o3-pro', ...responsesOnly }), 'pro'),
  entry('o', [3, 0], research, 'deep'),
  entry('o', [4, 0], changed(o3, { family: 'o4-mini' }), 'mini'),
  entry('gpt-oss', [1, 0], gptOss),
  entry('gpt-audio', [1, 0], audio),
])

/** Names without a version, or whose rules differ from those of their version. */
export const openaiNames: ReadonlyMap<string, ModelRules> = new Map([
  ['gpt-4o-2024-05-13', changed(gpt4o, { formats: 'object', maxOutput: 4096 })],
  ['gpt-3.5-turbo-0301', changed(gpt3, { formats: 'text' })],
  ['gpt-3.5-turbo-0613', changed(gpt3, { formats: 'text' })],
  ['gpt-3.5-turbo-16k', changed(gpt3, { formats: 'text', maxOutput: 16_384 })],
  ['gpt-3.5-turbo-16k-0613', changed(gpt3, { formats: 'text', maxOutput: 16_384 })],
  ['gpt-5.1-codex-max', codexMax],
  ['chat-latest', chat],
  ['codex-mini-latest', changed(codex, { family: 'codex-mini' })],
  ['computer-use-preview', changed(reasoning, { family: 'computer-use-preview', ...responsesOnly })],
  ['computer-use-preview-2025-03-11', changed(reasoning, { family: 'computer-use-preview', ...responsesOnly })],
  ['gpt-daybreak-blue-latest', changed(gpt55, { family: 'gpt-daybreak', ...responsesOnly })],
  ['gpt-daybreak-red-latest', changed(gpt55, { family: 'gpt-daybreak', ...responsesOnly })],
])

/** Takes a name of OpenAI's apart. Azure writes 3.5 as 35. */
export function parseOpenAI(name: string): ModelName | undefined {
  const unversioned = /^(gpt-oss|gpt-audio)(?=$|-)(.*)$/.exec(name)
  if (unversioned) return { line: unversioned[1] ?? '', version: [1, 0], variants: partsOf(unversioned[2]) }
  const [, line, major, minor, rest] =
    /^(?:chat)?(?:(gpt)-|(?=o))(?:o(?=\d(?!\d)))?(\d+)(?:\.(\d+))?((?:-|o(?:-|$)).*|)$/.exec(
      name.replace(/^gpt-35(?!\d)/, 'gpt-3.5'),
    ) ?? []
  if (major === undefined) return undefined
  return { line: line ?? 'o', version: [Number(major), Number(minor ?? 0)], variants: partsOf(rest) }
}

const partsOf = (rest = ''): readonly string[] => rest.split('-').filter(Boolean)
