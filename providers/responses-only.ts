/**
 * OpenAI's models that answer on the Responses API only: their chat goes over it.
 * https://platform.openai.com/docs/models
 */
export const responsesOnly = [
  'codex-mini-latest',
  'computer-use-preview',
  'computer-use-preview-2025-03-11',
  'gpt-5-codex',
  'gpt-5-pro',
  'gpt-5-pro-2025-10-06',
  'gpt-5.1-codex',
  'gpt-5.1-codex-max',
  'gpt-5.1-codex-mini',
  'gpt-5.2-codex',
  'gpt-5.2-pro',
  'gpt-5.2-pro-2025-12-11',
  'gpt-5.3-codex',
  'gpt-5.4-pro',
  'gpt-5.4-pro-2026-03-05',
  'gpt-5.5-pro',
  'gpt-5.5-pro-2026-04-23',
  'gpt-daybreak-blue-latest',
  'gpt-daybreak-red-latest',
  'o1-pro',
  'o1-pro-2025-03-19',
  'o3-deep-research',
  'o3-deep-research-2025-06-26',
  'o3-pro',
  'o3-pro-2025-06-10',
  'o4-mini-deep-research',
  'o4-mini-deep-research-2025-06-26',
] as const

const names: ReadonlySet<string> = new Set(responsesOnly)

/** What stands before a model's name where its chat is to go over the Responses API, whatever the model is. */
const prefix = 'responses/'

/** Whether the chat of a model goes over the Responses API. */
export const isBridged = (model: string): boolean => model.startsWith(prefix) || names.has(model)

export const isExplicit = (model: string): boolean => model.startsWith(prefix)

/** The model's own name. */
export const plainName = (model: string): string => (isExplicit(model) ? model.slice(prefix.length) : model)
