import type { RouteRequest } from './contract.js'
import { isReasoning } from './dialects/openai/params.js'
import { fieldsIn, isFields } from './fields.js'
import { type ModelRules, modelRules } from './models/index.js'

/** Prefix of a model string that sends its chat over the Responses API, whatever the model is. */
const prefix = 'responses/'

export const isExplicit = (model: string): boolean => model.startsWith(prefix)

/** The model without the prefix that only chooses the API. */
export const withoutPrefix = (model: string): string => (isExplicit(model) ? model.slice(prefix.length) : model)

/**
 * Whether a call to a model of OpenAI's goes over the Responses API: by the prefix of the model string, if the model has no other API, or
 * if only that API accepts the request. Servers of the caller's own get Chat Completions.
 */
export function usesResponses(model: string, request: RouteRequest | undefined): boolean {
  if (isExplicit(model)) return true
  const rules = modelRules(request?.baseModel ?? model)
  if (rules?.maker === 'openai' && rules.api === 'responses') return true
  if (request?.operation !== 'chat') return false
  const { params } = request
  const needsSearch = isFields(params.web_search_options) && !searches.test(request.baseModel ?? model)
  const needed = needsSearch || hasHostedTools(params) || (rules?.maker === 'openai' && refusedByChat(rules, params))
  // last, as it may read the environment
  return needed && request.ownHost
}

/** https://platform.openai.com/docs/models: the models of the text completions endpoint, and what was tuned from them. */
const textModels = /(?:^|[:/])(?:gpt-3\.5-turbo-instruct|(?:text-)?(?:davinci|curie|babbage|ada)-\d|code-davinci)/

/** https://platform.openai.com/docs/api-reference/decisions: the model of the decisions endpoint, by the types of openai 7.59. */
const decisionModels = /(?:^|\/)gpt-(?:6-luna|luna-latest)/

/**
 * Whether a model of OpenAI's has an operation itself, or over chat only; undefined for operations that every model has. Servers of the
 * caller's own have text completions themselves, except for chat models of OpenAI: LiteLLM's proxy sends chat for these everywhere.
 */
export function hasOperation(model: string, request: RouteRequest | undefined): boolean | undefined {
  const name = request?.baseModel ?? model
  switch (request?.operation) {
    case 'textCompletion':
      return textModels.test(name) || (!request.ownHost && modelRules(name)?.maker !== 'openai')
    case 'decide':
      return decisionModels.test(name)
    case 'compactResponse':
      return true
    default:
      return undefined
  }
}

/**
 * The models that search the web in Chat Completions; others refuse `web_search_options` there.
 * https://platform.openai.com/docs/guides/tools-web-search
 */
const searches = /-search(?:-|$)/

/** Whether Chat Completions refuse a request that the Responses API accepts. */
function refusedByChat(rules: ModelRules, params: RouteRequest['params']): boolean {
  const effort = effortOf(params)
  if ((rules.responsesEfforts as readonly unknown[]).includes(effort)) return true
  if (rules.tools === 'everywhere' || !Array.isArray(params.tools) || params.tools.length === 0) return false
  return rules.tools === 'responses' || (rules.tools === 'responses-while-reasoning' && isReasoning(rules, effort))
}

/** The effort that a call asks for, in OpenAI's words or in Anthropic's. */
function effortOf({ reasoning_effort: effort, thinking }: RouteRequest['params']): unknown {
  if (isFields(effort)) return effort.effort
  if (effort !== undefined && effort !== null) return effort
  if (!isFields(thinking)) return undefined
  return thinking.type === 'disabled' ? 'none' : 'medium'
}

/**
 * Whether there are tools that the provider runs: those are tools of the Responses API.
 * @param param a parameter that stands for such a tool too
 */
export const hasHostedTools = (params: RouteRequest['params'], param?: string): boolean =>
  (param !== undefined && isFields(params[param])) ||
  fieldsIn(params.tools).some(
    (tool) =>
      typeof tool.type === 'string' && tool.type !== 'function' && tool.type !== 'custom' && !isFields(tool.function),
  )
