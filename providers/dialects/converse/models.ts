import { type ClaudeRules, claudeRules } from '../../models/index.js'

/**
 * Capabilities of the model families on Bedrock that requests depend on.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
 */
export interface ModelFacts {
  /** The name for messages. */
  readonly who: string
  /** Facts of Anthropic's dialect, for Claude. */
  readonly claude?: ClaudeRules
  /**
   * How reasoning is configured: like Claude; by Nova's `reasoningConfig`; by `reasoning_effort`; not at all, as the model always reasons
   * (`always`) or has no known setting (`none`). `unknown` if the name doesn't identify the model.
   */
  readonly thinking: 'claude' | 'nova' | 'effort' | 'always' | 'none' | 'unknown'
  /** Path of `top_k` in `additionalModelRequestFields`. Empty for models without it. */
  readonly topK: readonly string[]
  /** OpenAI's parameters that the model takes by the same names in `additionalModelRequestFields`. */
  readonly own: readonly string[]
  /** Supported forms of `toolChoice`. */
  readonly choices: readonly ('auto' | 'any' | 'tool')[]
  /** Whether the model supports `outputConfig.textFormat`. */
  readonly schemas: boolean
  /** Places that take cache points. */
  readonly cache: 'everywhere' | 'messages' | 'nowhere'
  /** Whether the model takes `toolResult.status`. */
  readonly resultStatus: boolean
  /** Whether the model supports tools. */
  readonly tools: boolean
  /** Whether the schema of a tool may have alternatives (`anyOf`, `oneOf`, `allOf`) at its root. */
  readonly rootAlternatives: boolean
  /** Whether the model takes system instructions. */
  readonly system: boolean
}

const auto = Object.freeze(['auto'] as const)
const any = Object.freeze(['auto', 'any'] as const)
const every = Object.freeze(['auto', 'any', 'tool'] as const)
const none: readonly string[] = Object.freeze([])
const topK: readonly string[] = Object.freeze(['top_k'])

const facts = (base: ModelFacts, changes: Partial<ModelFacts>): ModelFacts => Object.freeze({ ...base, ...changes })

/** For unknown models (imported ones, ARNs of inference profiles): nothing is refused on their behalf, the API decides. */
const unknown: ModelFacts = Object.freeze({
  who: 'this model',
  thinking: 'unknown',
  topK,
  own: none,
  choices: every,
  schemas: false,
  cache: 'everywhere',
  resultStatus: true,
  tools: true,
  rootAlternatives: true,
  system: true,
})

const plain = facts(unknown, { thinking: 'none', topK: none, choices: auto, cache: 'nowhere', resultStatus: false })
const nova = facts(plain, {
  who: 'Nova',
  topK: Object.freeze(['inferenceConfig', 'topK']),
  choices: every,
  cache: 'messages',
  resultStatus: true,
  rootAlternatives: false,
})
/** The first chat models of some makers. */
const toolless = facts(plain, { tools: false })
const textOnly = facts(toolless, { system: false })
const openWeights = facts(plain, { choices: every, topK, schemas: true })

/** By the maker, the first part of the id. */
const makers: ReadonlyMap<string, ModelFacts> = new Map([
  ['amazon', facts(textOnly, { who: 'Titan' })],
  ['meta', facts(plain, { who: 'Llama' })],
  ['mistral', facts(plain, { who: 'Mistral', choices: any, topK })],
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
  [
    'cohere',
    facts(plain, {
      who: 'Cohere',
      topK: Object.freeze(['k']),
      own: Object.freeze(['frequency_penalty', 'presence_penalty', 'seed']),
    }),
  ],
  // https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-jamba.html
  ['ai21', facts(plain, { who: 'Jamba', own: Object.freeze(['frequency_penalty', 'presence_penalty']) })],
  ['deepseek', facts(openWeights, { who: 'DeepSeek' })],
  ['openai', facts(openWeights, { who: 'gpt-oss', thinking: 'effort', topK: none })],
  ['qwen', facts(openWeights, { who: 'Qwen' })],
  ['google', facts(openWeights, { who: 'Gemma' })],
  ['zai', facts(openWeights, { who: 'GLM' })],
  ['moonshot', facts(openWeights, { who: 'Kimi' })],
  ['moonshotai', facts(openWeights, { who: 'Kimi' })],
  ['minimax', facts(openWeights, { who: 'MiniMax' })],
  ['nvidia', facts(openWeights, { who: 'Nemotron' })],
  ['writer', facts(plain, { who: 'Palmyra', choices: every })],
])

/** Models that differ from others of their maker, by the start of the id. */
const exceptions: readonly (readonly [start: string, ModelFacts])[] = [
  ['amazon.nova-2', facts(nova, { thinking: 'nova' })],
  ['amazon.nova-', nova],
  ['deepseek.r1', facts(toolless, { who: 'DeepSeek R1', thinking: 'always' })],
  ['meta.llama3-8b', facts(toolless, { who: 'Llama 3' })],
  ['meta.llama3-70b', facts(toolless, { who: 'Llama 3' })],
  ['ai21.jamba-instruct', facts(toolless, { who: 'Jamba Instruct' })],
  ['mistral.mistral-7b', facts(textOnly, { who: 'Mistral 7B', topK })],
  ['mistral.mixtral', facts(textOnly, { who: 'Mixtral', topK })],
  // the first Mistral models can't be forced to call a certain tool; the later ones are served like other open weights
  ['mistral.magistral', facts(openWeights, { who: 'Magistral' })],
  ['mistral.ministral', facts(openWeights, { who: 'Ministral' })],
  ['mistral.mistral-large-3', facts(openWeights, { who: 'Mistral Large 3' })],
  ['mistral.devstral', facts(openWeights, { who: 'Devstral', schemas: false })],
]

const claudes = new Map<ClaudeRules, ModelFacts>()

function claude(id: string): ModelFacts {
  const own = claudeRules(id)
  let known = claudes.get(own)
  if (!known) {
    known = facts(unknown, {
      who: 'Claude',
      claude: own,
      thinking: 'claude',
      choices: own.forcedTools ? every : auto,
      schemas: own.schemas,
      rootAlternatives: false,
    })
    claudes.set(own, known)
  }
  // on Bedrock structured output begins with 4.5
  // https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
  return id.startsWith('anthropic.claude-opus-4-1') ? oldOpus(known) : known
}

let opus: ModelFacts | undefined
const oldOpus = (known: ModelFacts): ModelFacts => {
  opus ??= facts(known, { schemas: false })
  return opus
}

/** The model's id without route, ARN and region: `amazon.nova-lite-v1:0` for `us.amazon.nova-lite-v1:0`. */
export const baseId = (model: string): string =>
  model.replace(/^.*\//, '').replace(/^(?:us-gov|global|apac|us|eu|jp|au|ca)\./, '')

export function modelFacts(model: string): ModelFacts {
  const id = baseId(model)
  if (/^(?:anthropic\.)?claude-/.test(id)) return claude(id)
  const exception = exceptions.find(([start]) => id.startsWith(start))
  if (exception) return exception[1]
  const maker = /^([a-z0-9]+)\./.exec(id)?.[1]
  return (maker === undefined ? undefined : makers.get(maker)) ?? unknown
}
