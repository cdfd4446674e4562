import { record, records, string } from '../json.js'
import { openai } from './openai.js'
import { badRequest } from './openai-errors.js'
import { readChat } from './openai-request.js'
import { endsWith, type Wire } from './wire.js'

/** OpenAI's text completions. https://platform.openai.com/docs/api-reference/completions */
export const completions: Wire = {
  ...openai,
  route(method, path) {
    const text = method === 'POST' && endsWith(path, '/completions') && !endsWith(path, '/chat/completions')
    return text ? { operation: 'chat' } : undefined
  },
  refuse: ({ body }) =>
    body.prompt === undefined ? badRequest("you must provide a 'prompt' parameter", 'prompt') : undefined,
  read({ body }) {
    const prompts = promptsOf(body.prompt)
    const conversation = readChat({ ...body, messages: [{ role: 'user', content: string(prompts[0]) ?? '' }] })
    return { ...conversation, choices: conversation.choices * Math.max(1, prompts.length) }
  },
  whole: (answer, request) => asText(record(openai.whole(answer, request)), 'message'),
  frames: (answer, request) =>
    openai.frames(answer, request).flatMap((frame) => {
      if (frame.part === 'mark') return [frame]
      const body = record(JSON.parse(frame.data))
      return [{ ...frame, data: JSON.stringify(asText(body, 'delta')) }]
    }),
}

/** A list of numbers is one prompt. */
const promptsOf = (prompt: unknown): readonly unknown[] =>
  Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt : [prompt]

/** Converts a chat completion, or a chunk, to a text completion. */
function asText(body: Readonly<Record<string, unknown>>, place: 'message' | 'delta') {
  const choices = records(body.choices).map(({ index, finish_reason, [place]: said }) => ({
    text: string(record(said).content) ?? '',
    index,
    logprobs: null,
    finish_reason,
  }))
  return { ...body, object: 'text_completion', choices }
}
