import type { Conversation } from '../conversation.js'
import { countTokens } from '../digest.js'
import { readChat } from './openai-request.js'

/** How the turns of the user stand in a prompt, by the families' formats. */
const turnTemplates: readonly RegExp[] = [
  // https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3
  /<\|start_header_id\|>user<\|end_header_id\|>\n\n(.*?)<\|eot_id\|>/gs,
  // Llama 2 and Mistral
  /\[INST\] (?:<<SYS>>.*?<<\/SYS>>\s*)?(.*?) \[\/INST\]/gs,
  // Titan, and whoever reads a transcript
  /(?:^|\n)User: (.*?)\n+(?:Bot|Assistant):/gs,
]

/** What the user said last in a text that a model is to go on with: all of it, where there are no turns. */
function lastTurn(prompt: string): string {
  for (const turns of turnTemplates) {
    const last = [...prompt.matchAll(turns)].at(-1)
    if (last) return last[1] ?? ''
  }
  return prompt
}

/** A prompt as a conversation. */
export function readPrompt(prompt: string, limits: { maxTokens?: unknown; stop?: unknown }): Conversation {
  const { maxTokens: max_tokens, stop } = limits
  const conversation = readChat({ messages: [{ role: 'user', content: lastTurn(prompt) }], max_tokens, stop })
  return { ...conversation, prompt: { ...conversation.prompt, fresh: 1 + countTokens(prompt) } }
}
