import { badRequest } from '../refusal.js'

/** Fields without which a request has no meaning. They are checked before limits are used up. */
const required: Readonly<Record<string, readonly string[]>> = {
  chat: ['messages'],
  completion: ['prompt'],
  embedding: ['input'],
  responses: ['input', 'prompt', 'previous_response_id', 'conversation'],
  messages: ['messages', 'max_tokens'],
  moderation: ['input'],
  speech: ['input', 'voice'],
  transcription: ['file'],
  imageGeneration: ['prompt'],
  imageEdit: ['prompt', 'image'],
}

/** @throws a refusal if a required field is missing */
export function checkRequired(operation: string, body: Readonly<Record<string, unknown>>): void {
  const names = required[operation] ?? []
  const missing =
    operation === 'responses'
      ? names.every((name) => body[name] === undefined)
        ? 'input'
        : undefined
      : names.find((name) => body[name] === undefined || body[name] === null)
  if (missing) throw badRequest(`'${missing}' must be in the body.`, missing)
}

/**
 * Checks the fields that the configuration, or the metadata of a key, makes obligatory.
 * @param names of fields, or of fields within fields, such as `metadata.project`
 */
export function checkEnforced(names: readonly string[], body: Readonly<Record<string, unknown>>): void {
  for (const name of names) {
    const value = name
      .split('.')
      .reduce<unknown>(
        (part, key) =>
          typeof part === 'object' && part !== null && Object.hasOwn(part, key)
            ? (part as Record<string, unknown>)[key]
            : undefined,
        body,
      )
    if (value === undefined || value === null || value === '') throw badRequest(`'${name}' must be in the body.`, name)
  }
}

/** Lowers the bound of the output to the rest of the budget. The header `x-llmux-max-tokens` has the new bound. */
export function limitOutput(params: Record<string, unknown>, operation: string, tokens: number): void {
  switch (operation) {
    case 'chat':
      params[params.max_tokens === undefined ? 'max_completion_tokens' : 'max_tokens'] = tokens
      break
    case 'completion':
    case 'messages':
      params.max_tokens = tokens
      break
    case 'responses':
      params.max_output_tokens = tokens
      break
    case 'generateContent':
      params.generationConfig = { ...(params.generationConfig as object | undefined), maxOutputTokens: tokens }
  }
}

// a quote inside of a text has a backslash in front: only keys match
const modelField = /(?<!\\)"model": ?"(?:[^"\\]|\\.)*"/
const everyModelField = new RegExp(modelField, 'g')

/** Names the requested model in a complete answer. */
export function restamp(body: string, model: string): string {
  const value = `"model":${JSON.stringify(model)}`
  // the field as every provider writes it; a search for the text is a tenth of the regular expression
  const at = body.indexOf('"model":"')
  if (at > 0 && body.charCodeAt(at - 1) !== backslash) {
    const from = at + '"model":"'.length
    const end = body.indexOf('"', from)
    // a spaced field in front, or an escape in the name, is for the regular expression
    if (end > 0 && !body.slice(from, end).includes('\\') && !body.slice(0, at).includes('"model": '))
      return body.slice(0, at) + value + body.slice(end + 1)
  }
  return body.replace(modelField, () => value)
}

const backslash = 0x5c
/** The same in a part of a stream. */
export function restampAll(text: string, model: string): string {
  const first = text.indexOf('"model"')
  if (first < 0) return text
  const value = `"model":${JSON.stringify(model)}`
  // an event names its model once, without a space: the regular expression is for all other texts
  const from = first + '"model":"'.length
  const end = text.indexOf('"', from)
  const isPlain =
    text.startsWith('"model":"', first) &&
    text.charCodeAt(first - 1) !== backslash &&
    end > 0 &&
    text.charCodeAt(end - 1) !== backslash
  if (isPlain && text.indexOf('"model"', end) < 0) return text.slice(0, first) + value + text.slice(end + 1)
  return text.replace(everyModelField, () => value)
}

/** Whether a text may have the event that ends an answer. */
export function isLast(text: string, ends: readonly string[]): boolean {
  for (const end of ends) if (text.includes(end)) return true
  return false
}
const ends: Readonly<Record<string, readonly string[]>> = {
  chat: ['[DONE]'],
  completion: ['[DONE]'],
  messages: ['message_stop'],
  responses: ['[DONE]', 'response.completed', 'response.incomplete'],
  generateContent: ['"finishReason"'],
}

/** Texts in the last events of an answer. */
export const endsOf = (operation: string): readonly string[] => ends[operation] ?? Object.values(ends).flat()
