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
  /** Parameters refused while it reasons, unless they say what is the default anyway. */
  readonly refused: readonly string[]
}

const sampling = ['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs']
const none: readonly string[] = Object.freeze([])

const plain: ModelFacts = facts({})
const chat: ModelFacts = facts({ maxCompletionTokens: true })
const reasoning: ModelFacts = facts({ reasons: true, maxCompletionTokens: true, refused: [...sampling, 'logit_bias'] })
/** Its limits depend on the effort, whose default changes from model to model: the host says them. */
const optional: ModelFacts = facts({ reasons: true, maxCompletionTokens: true, effortNone: true })
/** Always reasons, however the family is. */
const stubborn: ModelFacts = facts({ reasons: true, maxCompletionTokens: true })

function facts(given: Partial<ModelFacts>): ModelFacts {
  const all = { reasons: false, maxCompletionTokens: false, effortNone: false, refused: none, ...given }
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

/** `gpt-5.` stands for its point releases, which all take less or more effort than `gpt-5` itself. */
const family = /^(?:ft:)?(?:(o\d|gpt-\d+)|(gpt-\d+\.)\d+)(?=$|[-:])/
const chatVariant = /-(?:chat|search-api)(?=$|-)/
const stubbornVariant = /-(?:pro|codex)(?=$|-)/

export function modelFacts(model: string): ModelFacts {
  const [, whole, point] = family.exec(model) ?? []
  const found = families.get(whole ?? point ?? '') ?? plain
  if (found === plain) return plain
  if (chatVariant.test(model)) return chat
  return found === optional && stubbornVariant.test(model) ? stubborn : found
}
