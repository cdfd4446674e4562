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
export const restamp = (body: string, model: string) =>
  body.replace(modelField, () => `"model":${JSON.stringify(model)}`)
/** The same in a part of a stream. */
export const restampAll = (text: string, model: string) =>
  text.includes('"model"') ? text.replace(everyModelField, () => `"model":${JSON.stringify(model)}`) : text

/** Whether a text may have the event that ends an answer, in any of the dialects. */
export const isLast = (text: string) => ends.some((end) => text.includes(end))
const ends = ['[DONE]', 'message_stop', 'response.completed', 'response.incomplete', '"finishReason"']
