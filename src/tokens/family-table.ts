import type { Family } from './family.js'
import { type FamilyName, measured } from './measured.js'

type Row = Omit<Family, 'name' | 'error'>

/** OpenAI models: exact for plain text, nearly exact for tools and tool calls. */
const openai = {
  encoding: 'o200k_base',
  own: true,
  text: 1,
  priming: 3,
  message: 4,
  assistant: 0,
  tools: { as: 'typescript', once: 9, each: 0, text: 1, dropped: false },
  call: { alone: 5, several: 9, once: 10 },
  schema: { once: 0, text: 1 },
  thinking: 0,
} as const satisfies Row

/** The o-series and GPT-5 prime an answer one token shorter, and name the channel of assistant turns. */
const reasoning = {
  ...openai,
  priming: 2,
  assistant: 2,
  tools: { ...openai.tools, once: 10 },
  call: { alone: 11, several: 9, once: 0 },
} as const satisfies Row

interface Calibrated {
  text: number
  priming: number
  message: number
  assistant?: number
  /** Overhead of all tools, overhead of each, and factor for their JSON. */
  tools?: readonly [once: number, each: number, text: number]
  /** Overhead of a tool call with its result. */
  call?: number
  schema?: readonly [once: number, text: number]
  thinking?: number
  /** True if `tool_choice: 'none'` keeps the tools in the prompt. @default false */
  keepsTools?: true
}

/**
 * A family without an available tokenizer, estimated from o200k_base. The figures are fitted to recorded calls
 * (`test/tokens/corpus.test.ts` prints the errors), rounded, and adjusted to the known chat templates for families with
 * few calls.
 */
const calibrated = (row: Calibrated): Row => {
  const [once, each, text] = row.tools ?? [100, 0, 1]
  const call = row.call ?? 15
  return {
    encoding: 'o200k_base',
    own: false,
    text: row.text,
    priming: row.priming,
    message: row.message,
    assistant: row.assistant ?? 0,
    tools: { as: 'json', once, each, text, dropped: !row.keepsTools },
    call: { alone: call, several: call, once: 0 },
    schema: { once: row.schema?.[0] ?? 0, text: row.schema?.[1] ?? 0 },
    thinking: row.thinking ?? 0,
  }
}

const claude = { priming: 4, message: 3, thinking: 28, schema: [150, 1.1], keepsTools: true } as const
const gemini = { priming: 0, message: 0, keepsTools: true } as const
const grok = { text: 1, priming: 2, message: 4, call: 25, schema: [60, 0.5], keepsTools: true } as const

const rows = () =>
  ({
    /** GPT-4o, 4.1, 4.5, o1-mini, GPT-5 chat. */
    'gpt-4o': openai,
    'gpt-4o-search': { ...openai, caveat: 'a search model, which rewrites the prompt' },
    /** GPT-5, mini and nano: tools bring some 80 tokens of instructions. */
    'gpt-5': { ...reasoning, tools: { ...reasoning.tools, once: 91 } },
    /** GPT-5.1 and later, with Codex and Pro. */
    'gpt-5.1': reasoning,
    'o-series': reasoning,
    'gpt-4': { ...openai, encoding: 'cl100k_base', call: { ...openai.call, once: 20 } },
    'gpt-3.5-turbo-0301': { ...openai, encoding: 'cl100k_base', message: 5 },
    'gpt-oss': calibrated({ text: 1, priming: 60, message: 7, tools: [15, 0, 0.8], call: 13, schema: [30, 0.8] }),

    /** Claude 2 to 4.1. */
    claude: calibrated({ ...claude, text: 1.1, tools: [340, 0, 1.2], call: 37 }),
    /** Claude Haiku, Sonnet and Opus 4.5 and 4.6. */
    'claude-4.5': calibrated({ ...claude, text: 1.1, tools: [530, 0, 1.1], call: 50 }),
    /** From Opus 4.7 on: a new tokenizer, which makes more tokens of the same text. */
    'claude-5': calibrated({ ...claude, text: 1.35, tools: [445, 0, 1.2], call: 30 }),

    'gemini-2.0': calibrated({ ...gemini, text: 1.04, tools: [0, 0, 0.3], call: 7 }),
    gemini: calibrated({ ...gemini, text: 1.08, tools: [10, 0, 0.8], call: 10 }),
    'gemini-3': calibrated({ ...gemini, text: 1.06, tools: [20, 10, 0.6], call: 50 }),

    'llama-3': calibrated({ text: 1.04, priming: 5, message: 5 }),
    /** Llama 3.1 to 3.3: most hosts keep the template's default system prompt, with its dates. */
    'llama-3.1': calibrated({ text: 1.04, priming: 30, message: 3, assistant: 2, tools: [110, 0, 1.2], call: 12 }),
    'llama-4': calibrated({ text: 1.01, priming: 5, message: 5, tools: [670, 0, 1] }),

    mistral: calibrated({ text: 1.04, priming: 1, message: 3, tools: [10, 10, 1.25] }),
    'mistral-7b': calibrated({ text: 1.2, priming: 2, message: 3 }),
    deepseek: calibrated({ text: 1.04, priming: 3, message: 1, tools: [200, 0, 1], call: 60 }),
    grok: calibrated({ ...grok, tools: [85, 0, 1] }),
    'grok-4': calibrated({ ...grok, priming: 680, tools: [85, 0, 1] }),
    'grok-4-fast': calibrated({ ...grok, priming: 150, tools: [150, 0, 1] }),
    qwen: calibrated({ text: 1.02, priming: 3, message: 5, tools: [90, 0, 1.5] }),
    glm: calibrated({ text: 1.02, priming: 2, message: 4, tools: [110, 0, 1.2], call: 13 }),
    kimi: calibrated({ text: 1.1, priming: 8, message: 2, tools: [10, 0, 1.35], call: 33 }),
    /** The full prompt, including Cohere's own preamble, which is not billed. */
    command: calibrated({ text: 1.2, priming: 70, message: 6, tools: [135, 0, 1.1], call: 19 }),
    nova: calibrated({ text: 1, priming: 0, message: 0, tools: [365, 8, 1.1], call: 17 }),
    sonar: calibrated({ text: 1, priming: 0, message: 0 }),
    /** Names of unknown tokenizers: Azure deployments, renamed fine-tunes and others. */
    unknown: calibrated({ text: 1.1, priming: 4, message: 4, keepsTools: true }),
  }) as const satisfies Readonly<Record<FamilyName, Row>>

let made: Readonly<Record<FamilyName, Family>> | undefined

/** Every family, by name. Made with the first count, which most programs never need. */
export function families(): Readonly<Record<FamilyName, Family>> {
  made ??= Object.fromEntries(
    Object.entries<Row>(rows()).map(([name, row]): [string, Family] => [
      name,
      Object.freeze({ name, error: measured[name as FamilyName], ...row }),
    ]),
  ) as Record<FamilyName, Family>
  return made
}
