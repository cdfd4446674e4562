/**
 * OpenAI's reasoning models: they take `max_completion_tokens` only, and `reasoning_effort`. By family, the part of the name before
 * a date or a variant: what is not listed is taken for a model without reasoning.
 * https://platform.openai.com/docs/guides/reasoning
 */
const reasoningFamilies: ReadonlySet<string> = new Set(['o1', 'o3', 'o4', 'gpt-5', 'gpt-6', 'codex'])
/** Models of those families that do not reason. */
const chatVariants = /-chat(?:-latest)?$/

const family = /^(?:ft:)?(o\d|gpt-\d+|codex)(?=$|[-.:])/

export function reasons(model: string): boolean {
  const found = family.exec(model)?.[1]
  return found !== undefined && reasoningFamilies.has(found) && !chatVariants.test(model)
}

/** `max_tokens` is refused by reasoning models, and by their chat variants too. */
export const wantsMaxCompletionTokens = (model: string): boolean => {
  const found = family.exec(model)?.[1]
  return found !== undefined && reasoningFamilies.has(found)
}
