import { usageOfOpenAI } from './expect-usage.js'
import type { ExpectedAnswer, ExpectedChoice, ExpectedTool } from './expected.js'
import { type Fields, filled, isObject, list, object, objects, text } from './json.js'

/** What a whole answer of an OpenAI-shaped host says; undefined where it is an error. */
export function expectOpenAI(body: unknown): ExpectedAnswer | undefined {
  if (!isObject(body) || (isObject(body.error) && !Array.isArray(body.choices))) return undefined
  const choices = objects(body.choices)
  return {
    id: filled(body.id),
    model: filled(body.model),
    choices: choices.map(choiceOf),
    usage: usageOfOpenAI(body.usage),
    replayed: choices.flatMap((choice) => reasoningSecrets(object(choice.message))),
    kept: [
      ...choices.flatMap((choice) => keptOf(object(choice.message))),
      ...[body.service_tier, body.system_fingerprint].flatMap((word) => filled(word) ?? []),
    ],
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
    text: text(message.content) ?? '',
    refusal: text(message.refusal) ?? '',
    reasoning: filled(message.reasoning_content) ?? filled(message.reasoning) ?? '',
    tools: objects(message.tool_calls).map(toolOf),
    functionCall: isObject(call) ? { name: text(call.name) ?? '', arguments: text(call.arguments) ?? '' } : undefined,
    finish: filled(choice.finish_reason),
    nativeFinish: filled(choice.native_finish_reason) ?? filled(choice.finish_reason),
    logprobs: list(object(choice.logprobs).content).length,
    citedUrls: urlsOf(message),
    thinking: [],
  }
}

function toolOf(call: Fields): ExpectedTool {
  const custom = call.custom
  if (isObject(custom)) return { id: text(call.id), name: text(custom.name) ?? '', arguments: text(custom.input) ?? '' }
  const { name, arguments: written } = object(call.function)
  return {
    id: filled(call.id),
    name: text(name) ?? '',
    arguments: typeof written === 'string' ? written : JSON.stringify(written ?? {}),
  }
}

export const urlsOf = (message: Fields): string[] =>
  objects(message.annotations).flatMap((note) => filled(object(note.url_citation).url) ?? [])

/** OpenRouter's `reasoning_details`: what a next turn needs to carry on. */
export const reasoningSecrets = (message: Fields): string[] =>
  objects(message.reasoning_details).flatMap((detail) =>
    [filled(detail.signature) ?? [], filled(detail.data) ?? []].flat(),
  )
