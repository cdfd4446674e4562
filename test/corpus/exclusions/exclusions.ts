import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { replayed } from '../wire/recording.js'

/** Why recordings are not replayed, by operation, or by provider and operation where that is the reason. */
export const exclusions: Readonly<Record<string, string>> = {
  'watsonx/chat-stream': 'near the wire of OpenAI, at an address of its own: replayed by clouds.test.ts',
  'watsonx/error': 'replayed by clouds.test.ts',
  models: 'replayed by models.test.ts',
  generate: "a text API of the provider's own that came before its chat",
  'generate-stream': "a text API of the provider's own that came before its chat",
  'count-tokens': 'counting is held by test/count-tokens.test.ts',
  ocr: 'pages read to Markdown: an API of its own',
  'responses-retrieve': 'stored answers fetched again, which llmux does not do',
  interactions: "Google's agents and stored conversations, an API of its own beside generateContent",
  'interactions-stream': "Google's agents and stored conversations, an API of its own beside generateContent",
  guardrail: 'a guardrail applied to a text by itself, which is no chat',
  'anthropic/chat': "Anthropic's endpoint like OpenAI's: llmux speaks its Messages API",
  'ollama/completion': "Ollama's copy of OpenAI's older API: llmux speaks its own",
  'ollama/completion-stream': "Ollama's copy of OpenAI's older API: llmux speaks its own",
}

/** Recordings of one operation that are not replayed. */
export interface Excluded {
  readonly place: string
  readonly count: number
  /** Undefined where nobody has said why. */
  readonly reason: string | undefined
  readonly key: string
}

/** Every folder of the corpus that is not replayed. */
export function excluded(folder: string): Excluded[] {
  const found: Excluded[] = []
  for (const provider of readdirSync(folder, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue
    for (const operation of readdirSync(join(folder, provider.name))) {
      if (replayed[provider.name]?.includes(operation)) continue
      const place = `${provider.name}/${operation}`
      const key = Object.hasOwn(exclusions, place) ? place : operation
      const count = readdirSync(join(folder, place)).filter((file) => file.endsWith('.json')).length
      if (count > 0)
        found.push({ place, count, key, reason: Object.hasOwn(exclusions, key) ? exclusions[key] : undefined })
    }
  }
  return found
}

/** The exclusions as lines of text, and what is wrong with them. */
export function judgeExclusions(all: readonly Excluded[]): { lines: string[]; failures: string[] } {
  const lines: string[] = []
  const failures = all
    .filter(({ reason }) => reason === undefined)
    .map(({ place, count }) => `${place} (${count}) is neither replayed nor excluded`)
  for (const [key, reason] of Object.entries(exclusions)) {
    const own = all.filter((one) => one.key === key)
    if (own.length === 0) failures.push(`${key} is excluded, and there is no such recording left out`)
    const sum = own.reduce((total, { count }) => total + count, 0)
    lines.push(`${key} (${sum}): ${reason}`)
  }
  return { lines, failures }
}
