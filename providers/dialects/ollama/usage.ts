import type { Usage } from '../../../src/types/chat.js'
import { countIn, extrasOf, type Fields } from './wire.js'

/** Ollama omits counts of 0, for example when the whole prompt was cached. https://docs.ollama.com/api/usage */
export function usageOf(answer: Fields): Usage | undefined {
  const prompt = countIn(answer, 'prompt_eval_count')
  const completion = countIn(answer, 'eval_count')
  if (prompt === undefined && completion === undefined) return undefined
  const [input, output] = [prompt ?? 0, completion ?? 0]
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
}

const known: ReadonlySet<string> = new Set([
  ...['model', 'created_at', 'message', 'done', 'done_reason', 'logprobs', 'error'],
  ...['prompt_eval_count', 'eval_count'],
])

/** Durations in nanoseconds, and other fields that OpenAI's answer doesn't have. */
export const answerExtras = (answer: Fields): Fields | undefined => extrasOf(answer, known)
