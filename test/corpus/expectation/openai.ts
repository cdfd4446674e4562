import { type Fields, filled, isObject, list, object, objects, text } from '../wire/json.js'
import { agreedFinish, type ExpectedAnswer, type ExpectedChoice, type ExpectedTool } from './expectation.js'
import { usageOfOpenAI } from './usage.js'

/** What a whole answer of an OpenAI-shaped host says; undefined where it is an error. */
export function expectOpenAI(body: unknown): ExpectedAnswer | undefined {
  if (!isObject(body) || (isObject(body.error) && !Array.isArray(body.choices))) return undefined
  const choices = objects(body.choices)
  return {
    id: filled(body.id),
    model: filled(body.model),
    choices: choices.map(choiceOf).map((choice, at) => (at === 0 ? withSources(choice, body) : choice)),
    usage: usageOfOpenAI(body.usage),
    replayed: choices.flatMap((choice) => reasoningSecrets(object(choice.message))),
    kept: [...choices.flatMap((choice) => keptOf(object(choice.message))), ...wordsOf(body)],
  }
}

/** What OpenAI's shape has a rare field for, or none: sound, the results of tools that the host ran, encrypted reasoning. */
export function keptOf(message: Fields): string[] {
  const audio = object(message.audio)
  return [
    ...reasoningSecrets(message),
    ...[audio.id, audio.data, audio.transcript].flatMap((part) => filled(part) ?? []),
    ...objects(message.executed_tools).flatMap((tool) => filled(tool.output) ?? []),
  ]
}

function choiceOf(choice: Fields, position: number): ExpectedChoice {
  const message = object(choice.message)
  const call = message.function_call
  return {
    index: typeof choice.index === 'number' ? choice.index : position,
    text: textOf(message.content),
    refusal: text(message.refusal) ?? '',
    reasoning: reasoningOf(message),
    tools: objects(message.tool_calls).map(toolOf),
    // Snowflake writes what is not there as an object of empty texts
    functionCall:
      isObject(call) && filled(call.name)
        ? { name: text(call.name) ?? '', arguments: text(call.arguments) ?? '' }
        : undefined,
    finish: agreedFinish(
      filled(choice.finish_reason),
      objects(message.tool_calls).length,
      isObject(call) && filled(call.name) !== undefined,
    ),
    nativeFinish: filled(choice.native_finish_reason) ?? filled(choice.finish_reason),
    logprobs: list(object(choice.logprobs).content).length,
    citedUrls: urlsOf(message),
    thinking: [],
  }
}

function toolOf(call: Fields): ExpectedTool {
  const custom = call.custom
  if (isObject(custom) && call.type !== 'function')
    return { id: text(call.id), name: text(custom.name) ?? '', arguments: text(custom.input) ?? '' }
  const { name, arguments: written } = object(call.function)
  return {
    id: filled(call.id),
    name: text(name) ?? '',
    arguments: typeof written === 'string' ? written : JSON.stringify(written ?? {}),
  }
}

/** Mistral and others give a list of parts where OpenAI gives a text, Cloudflare the object that a schema asked for. */
export const textOf = (content: unknown): string =>
  text(content) ??
  (isObject(content) ? JSON.stringify(content) : undefined) ??
  objects(content)
    .map((part) => (part.type === 'thinking' || part.type === 'reasoning' ? '' : (text(part.text) ?? '')))
    .join('')

/** One of the two fields that mean the same, or Mistral's parts: https://docs.mistral.ai/capabilities/reasoning */
export const reasoningOf = (message: Fields): string =>
  filled(message.reasoning_content) ??
  filled(message.reasoning) ??
  filled(
    objects(message.reasoning_details)
      .map((detail) => text(detail.text) ?? '')
      .join(''),
  ) ??
  objects(message.content)
    .map(({ type, thinking, summary }) => {
      // Databricks calls the part another name: https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models
      const parts = type === 'thinking' ? thinking : type === 'reasoning' ? summary : undefined
      return (
        text(parts) ??
        objects(parts)
          .map((part) => text(part.text) ?? '')
          .join('')
      )
    })
    .join('')

/** Perplexity's sources: what the answer cites as a whole. https://docs.perplexity.ai/api-reference/chat-completions-post */
export const sourcesOf = (body: Fields): string[] => {
  const results = objects(body.search_results).flatMap(({ url }) => filled(url) ?? [])
  return results.length > 0 ? results : list(body.citations).flatMap((url) => filled(url) ?? [])
}

/** Where no message cites by itself, the first one cites what the answer names. */
export const withSources = (choice: ExpectedChoice, body: Fields): ExpectedChoice =>
  choice.citedUrls.length > 0 ? choice : { ...choice, citedUrls: sourcesOf(body) }

/** Fields whose words stand in a field of another name, or say nothing to the reader of an answer. */
const translated = new Set([
  'object',
  'choices',
  'usage',
  'message',
  'delta',
  'role',
  'finish_reason',
  'content',
  'reasoning',
  'reasoning_content',
  'tool_calls',
  'function_call',
  'logprobs',
  // Azure's, of every chunk anew: the answer that is put together has the last one
  'content_filter_results',
  // of no use but to the wire: padding
  'obfuscation',
  'p',
])

/** Every text in the fields that OpenAI does not have, of the answer as a whole, its choices and their messages. */
export function wordsOf(body: Fields): string[] {
  const choices = objects(body.choices)
  return [body, ...choices, ...choices.map((choice) => object(choice.message ?? choice.delta))].flatMap((fields) =>
    Object.entries(fields).flatMap(([name, value]) => (translated.has(name) ? [] : textsIn(value))),
  )
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : []
}

export const urlsOf = (message: Fields): string[] =>
  objects(message.annotations).flatMap((note) => filled(object(note.url_citation).url) ?? [])

/** OpenRouter's `reasoning_details`: what a next turn needs to carry on. */
export const reasoningSecrets = (message: Fields): string[] =>
  objects(message.reasoning_details).flatMap((detail) =>
    [filled(detail.signature) ?? [], filled(detail.data) ?? []].flat(),
  )
