/**
 * What OpenAI's own models take, by family: the part of the name before a date or a variant. Only for hosts that serve them under
 * their names (`openaiModels`); a family that is not listed is taken for one without reasoning.
 * https://platform.openai.com/docs/guides/reasoning, https://platform.openai.com/docs/guides/latest-model
 */
export interface ModelFacts {
  /** Reasons, and takes `reasoning_effort`. */
  readonly reasons: boolean
  /** Refuses `max_tokens`. The chat variants of reasoning families do too. */
  readonly maxCompletionTokens: boolean
  /** Can be told not to reason: `reasoning_effort: 'none'`. */
  readonly effortNone: boolean
  /** What it takes of `response_format`. https://platform.openai.com/docs/guides/structured-outputs */
  readonly formats: 'schema' | 'object' | 'text'
  /** Parameters refused while it reasons, unless they say what is the default anyway. */
  readonly refused: readonly string[]
}

const sampling = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs']
const none: readonly string[] = Object.freeze([])

const plain: ModelFacts = facts({})
const jsonMode: ModelFacts = facts({ formats: 'object' })
const textOnly: ModelFacts = facts({ formats: 'text' })
const chat: ModelFacts = facts({ maxCompletionTokens: true })
const reasoning: ModelFacts = facts({ reasons: true, maxCompletionTokens: true, refused: [...sampling, 'logit_bias'] })
/** Its limits depend on the effort, whose default changes from model to model: the host says them. */
const optional: ModelFacts = facts({ reasons: true, maxCompletionTokens: true, effortNone: true })
/** Always reasons, however the family is. */
const stubborn: ModelFacts = facts({ reasons: true, maxCompletionTokens: true })

function facts(given: Partial<ModelFacts>): ModelFacts {
  const all = {
    reasons: false,
    maxCompletionTokens: false,
    effortNone: false,
    formats: 'schema',
    refused: none,
    ...given,
  } as const
  return Object.freeze({ ...all, refused: Object.freeze(all.refused) })
}

const families: ReadonlyMap<string, ModelFacts> = new Map([
  ['o1', reasoning],
  ['o3', reasoning],
  ['o4', reasoning],
  ['gpt-5', reasoning],
  ['gpt-5.', optional],
  ['gpt-6', optional],
  ['gpt-6.', optional],
])

/** Models from before August 2024, the last that had no schemas. */
const before: readonly (readonly [name: RegExp, facts: ModelFacts])[] = [
  [/^(?:ft:)?gpt-4(?:-0314|-0613|-32k.*)?(?=$|:)/, textOnly],
  [/^(?:ft:)?gpt-3\.5-turbo-(?:0301|0613|16k.*)(?=$|:)/, textOnly],
  [/^(?:ft:)?(?:gpt-3\.5-turbo|gpt-4-turbo|gpt-4-\d{4}-preview|gpt-4-1106|gpt-4-0125|gpt-4o-2024-05-13)/, jsonMode],
]

/** `gpt-5.` stands for its point releases, which all take less or more effort than `gpt-5` itself. */
const family = /^(?:ft:)?(?:(o\d|gpt-\d+)|(gpt-\d+\.)\d+)(?=$|[-:])/
const chatVariant = /-(?:chat|search-api)(?=$|-)/
const stubbornVariant = /-(?:pro|codex)(?=$|-)/

export function modelFacts(model: string): ModelFacts {
  const [, whole, point] = family.exec(model) ?? []
  const found = families.get(whole ?? point ?? '') ?? plain
  if (found === plain) return before.find(([name]) => name.test(model))?.[1] ?? plain
  if (chatVariant.test(model)) return chat
  return found === optional && stubbornVariant.test(model) ? stubborn : found
}
