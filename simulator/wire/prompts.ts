import type { Conversation } from '../conversation.js'
import { countTokens } from '../digest.js'
import { readChat } from './openai-request.js'

/** The last user turn in the prompt formats of model families. */
const turnTemplates: readonly RegExp[] = [
  // https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3
  /<\|start_header_id\|>user<\|end_header_id\|>\n\n(.*?)<\|eot_id\|>/gs,
  // Llama 2 and Mistral
  /\[INST\] (?:<<SYS>>.*?<<\/SYS>>\s*)?(.*?) \[\/INST\]/gs,
  // Titan, and other transcript formats
  /(?:^|\n)User: (.*?)\n+(?:Bot|Assistant):/gs,
]

/** Extracts the last user turn of a prompt, or all of it without turns. */
function lastTurn(prompt: string): string {
  for (const turns of turnTemplates) {
    const last = [...prompt.matchAll(turns)].at(-1)
    if (last) return last[1] ?? ''
  }
  return prompt
}

/** Converts a prompt to a conversation. */
export function readPrompt(prompt: string, limits: { maxTokens?: unknown; stop?: unknown }): Conversation {
  const { maxTokens: max_tokens, stop } = limits
  const conversation = readChat({ messages: [{ role: 'user', content: lastTurn(prompt) }], max_tokens, stop })
  return { ...conversation, prompt: { ...conversation.prompt, fresh: 1 + countTokens(prompt) } }
}
