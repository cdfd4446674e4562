import { type ModelFacts as ClaudeFacts, modelFacts as claudeFacts } from '../anthropic/models.js'

/**
 * What the families of models on Bedrock can do, as far as a request depends on it.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
 */
export interface ModelFacts {
  /** As the messages name it. */
  readonly who: string
  /** Claude's own facts, where it is one. */
  readonly claude?: ClaudeFacts
  /**
   * How reasoning is asked for: in Claude's way; by Nova's `reasoningConfig`; by `reasoning_effort`; not at all, as the model always
   * does it, or has no setting for it that is known. `unknown` where the name doesn't tell what model it is.
   */
  readonly reasoning: 'claude' | 'nova' | 'effort' | 'always' | 'none' | 'unknown'
  /** Where `top_k` goes in `additionalModelRequestFields`. Empty where the model has none. */
  readonly topK: readonly string[]
  /** OpenAI's parameters that the model takes under the same names in `additionalModelRequestFields`. */
  readonly own: readonly string[]
  /** The forms of `toolChoice` that the model takes. */
  readonly choices: readonly ('auto' | 'any' | 'tool')[]
  /** Whether `outputConfig.textFormat` is there. */
  readonly schemas: boolean
  /** Where cache points may stand. */
  readonly cache: 'everywhere' | 'messages' | 'nowhere'
  /** Whether `toolResult.status` is taken. */
  readonly resultStatus: boolean
  /** Whether it can be given tools. */
  readonly tools: boolean
  /** Whether it can be given instructions apart from the conversation. */
  readonly system: boolean
}

const auto = Object.freeze(['auto'] as const)
const any = Object.freeze(['auto', 'any'] as const)
const every = Object.freeze(['auto', 'any', 'tool'] as const)
const none: readonly string[] = Object.freeze([])
const topK: readonly string[] = Object.freeze(['top_k'])

const facts = (base: ModelFacts, changes: Partial<ModelFacts>): ModelFacts => Object.freeze({ ...base, ...changes })

/** Nothing is refused on behalf of a model that isn't known (an imported one, an inference profile's ARN): the API has the word. */
const unknown: ModelFacts = Object.freeze({
  who: 'this model',
  reasoning: 'unknown',
  topK,
  own: none,
  choices: every,
  schemas: false,
  cache: 'everywhere',
  resultStatus: true,
  tools: true,
  system: true,
})

const plain = facts(unknown, { reasoning: 'none', topK: none, choices: auto, cache: 'nowhere', resultStatus: false })
const nova = facts(plain, {
  who: 'Nova',
  topK: Object.freeze(['inferenceConfig', 'topK']),
  choices: every,
  cache: 'messages',
  resultStatus: true,
})
/** The first chat models of some makers. */
const toolless = facts(plain, { tools: false })
const speechless = facts(toolless, { system: false })
const openWeights = facts(plain, { choices: every, topK, schemas: true })

/** By the maker in front of the id. */
const makers: ReadonlyMap<string, ModelFacts> = new Map([
  ['amazon', facts(speechless, { who: 'Titan' })],
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
  ['openai', facts(openWeights, { who: 'gpt-oss', reasoning: 'effort', topK: none })],
  ['qwen', facts(openWeights, { who: 'Qwen' })],
  ['google', facts(openWeights, { who: 'Gemma' })],
  ['zai', facts(openWeights, { who: 'GLM' })],
  ['moonshot', facts(openWeights, { who: 'Kimi' })],
  ['moonshotai', facts(openWeights, { who: 'Kimi' })],
  ['minimax', facts(openWeights, { who: 'MiniMax' })],
  ['nvidia', facts(openWeights, { who: 'Nemotron' })],
  ['writer', facts(plain, { who: 'Palmyra', choices: every })],
])

/** Models that differ from the others of their maker, by the beginning of the id. */
const exceptions: readonly (readonly [start: string, ModelFacts])[] = [
  ['amazon.nova-2', facts(nova, { reasoning: 'nova' })],
  ['amazon.nova-', nova],
  ['deepseek.r1', facts(toolless, { who: 'DeepSeek R1', reasoning: 'always' })],
  ['meta.llama3-8b', facts(toolless, { who: 'Llama 3' })],
  ['meta.llama3-70b', facts(toolless, { who: 'Llama 3' })],
  ['ai21.jamba-instruct', facts(toolless, { who: 'Jamba Instruct' })],
  ['mistral.mistral-7b', facts(speechless, { who: 'Mistral 7B', topK })],
  ['mistral.mixtral', facts(speechless, { who: 'Mixtral', topK })],
  // the first Mistral models know no tools by name; the later ones are served like other open weights
  ['mistral.magistral', facts(openWeights, { who: 'Magistral' })],
  ['mistral.ministral', facts(openWeights, { who: 'Ministral' })],
  ['mistral.mistral-large-3', facts(openWeights, { who: 'Mistral Large 3' })],
  ['mistral.devstral', facts(openWeights, { who: 'Devstral', schemas: false })],
]

const claudes = new Map<ClaudeFacts, ModelFacts>()

function claude(id: string): ModelFacts {
  const own = claudeFacts(id)
  let known = claudes.get(own)
  if (!known) {
    known = facts(unknown, {
      who: 'Claude',
      claude: own,
      reasoning: 'claude',
      choices: own.forcedTools ? every : auto,
      schemas: own.schemas,
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

/** The model's own id, without route, ARN and region: `us.amazon.nova-lite-v1:0` is `amazon.nova-lite-v1:0`. */
export const baseModel = (model: string): string =>
  model.replace(/^.*\//, '').replace(/^(?:us-gov|global|apac|us|eu|jp|au|ca)\./, '')

export function modelFacts(model: string): ModelFacts {
  const id = baseModel(model)
  if (id.startsWith('anthropic.')) return claude(id)
  const exception = exceptions.find(([start]) => id.startsWith(start))
  if (exception) return exception[1]
  const maker = /^([a-z0-9]+)\./.exec(id)?.[1]
  return (maker === undefined ? undefined : makers.get(maker)) ?? unknown
}
