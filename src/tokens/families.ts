import type { EncodingName } from './encoding.js'
import { lookup } from './names.js'
import type { ExpectedError } from './types.js'

/** How a family of models turns a request into tokens. All figures are tokens, unless they are factors. */
export interface Family {
  readonly name: string
  readonly encoding: EncodingName
  /** Whether `encoding` is the family's own. Otherwise its counts are scaled by `text`. */
  readonly own: boolean
  /** The family's tokens for each token of `encoding`. */
  readonly text: number
  /** Once per request. */
  readonly priming: number
  /** For each message, its role included. */
  readonly message: number
  /** Added for each assistant message. */
  readonly assistant: number
  /** How tools are shown to the model, and what goes around them. */
  readonly tools: {
    readonly as: 'typescript' | 'json'
    readonly once: number
    readonly each: number
    readonly text: number
    /** Whether `tool_choice: 'none'` keeps them from the model. */
    readonly dropped: boolean
  }
  /** A response schema that is put into the prompt: what goes around it, and its own text. */
  readonly schema: { readonly once: number; readonly text: number }
  /** What goes around one tool call and its result; for each of several in one message; and once for those. */
  readonly call: { readonly alone: number; readonly several: number; readonly once: number }
  /** Added where `thinking` is enabled. */
  readonly thinking: number
  /** Errors of counts with the tokenizer (`count`) and by the characters alone (`scan`). */
  readonly error: { readonly count: ExpectedError; readonly scan: ExpectedError }
}

const unmeasured: ExpectedError = { median: 0.15, p95: 0.5, samples: 0 }

const base: Omit<Family, 'name'> = {
  encoding: 'o200k_base',
  own: false,
  text: 1.1,
  priming: 3,
  message: 4,
  assistant: 0,
  tools: { as: 'json', once: 100, each: 10, text: 1.1, dropped: true },
  schema: { once: 0, text: 0 },
  call: { alone: 15, several: 15, once: 0 },
  thinking: 0,
  error: { count: unmeasured, scan: unmeasured },
}

/** Models whose names say nothing about their tokenizer. */
const unknown: Family = { ...base, name: 'unknown' }

const openai: Omit<Family, 'name' | 'error'> = {
  ...base,
  own: true,
  text: 1,
  tools: { as: 'typescript', once: 9, each: 0, text: 1, dropped: false },
  schema: { once: 0, text: 1 },
  call: { alone: 5, several: 9, once: 10 },
}

const measured = (median: number, p95: number, samples: number): ExpectedError => ({ median, p95, samples })

export const families = {
  /** GPT-4o, 4.1 and 4.5. */
  'gpt-4o': {
    ...openai,
    name: 'gpt-4o',
    error: { count: measured(0, 0.08, 0), scan: measured(0.04, 0.2, 0) },
  },
  /** The o-series and GPT-5: answers are primed one token shorter, and assistant turns name their channel. */
  'gpt-5': {
    ...openai,
    name: 'gpt-5',
    priming: 2,
    assistant: 2,
    tools: { ...openai.tools, once: 91 },
    call: { alone: 11, several: 9, once: 0 },
    error: { count: unmeasured, scan: unmeasured },
  },
  'o-series': {
    ...openai,
    name: 'o-series',
    priming: 2,
    assistant: 2,
    tools: { ...openai.tools, once: 10 },
    call: { alone: 11, several: 9, once: 0 },
    error: { count: unmeasured, scan: unmeasured },
  },
  'gpt-4': {
    ...openai,
    name: 'gpt-4',
    encoding: 'cl100k_base',
    call: { alone: 5, several: 9, once: 20 },
    error: { count: unmeasured, scan: unmeasured },
  },
  'gpt-oss': {
    ...base,
    name: 'gpt-oss',
    text: 1,
    priming: 62,
    tools: { as: 'typescript', once: 20, each: 0, text: 1 },
  },
  claude: {
    ...base,
    name: 'claude',
    text: 1.13,
    priming: 4,
    message: 3,
    thinking: 28,
    tools: { as: 'json', once: 300, each: 30, text: 1.1 },
  },
  'claude-5': {
    ...base,
    name: 'claude-5',
    text: 1.4,
    priming: 4,
    message: 3,
    tools: { as: 'json', once: 300, each: 30, text: 1.4 },
  },
  gemini: {
    ...base,
    name: 'gemini',
    text: 1.06,
    priming: 0,
    message: 0,
    tools: { as: 'json', once: 10, each: 0, text: 1 },
  },
  'gemini-3': {
    ...base,
    name: 'gemini-3',
    text: 1.06,
    priming: 0,
    message: 0,
    tools: { as: 'json', once: 20, each: 0, text: 1 },
  },
  'llama-3': { ...base, name: 'llama-3', text: 1.02, priming: 5, message: 5 },
  'llama-3.1': { ...base, name: 'llama-3.1', text: 1.02, priming: 30, message: 5 },
  'llama-4': {
    ...base,
    name: 'llama-4',
    text: 1.01,
    priming: 5,
    message: 5,
    tools: { as: 'json', once: 600, each: 10, text: 1.1 },
  },
  mistral: {
    ...base,
    name: 'mistral',
    text: 1.05,
    priming: 2,
    message: 3,
    tools: { as: 'json', once: 30, each: 10, text: 1.1 },
  },
  'mistral-7b': { ...base, name: 'mistral-7b', text: 1.2, priming: 2, message: 4 },
  deepseek: { ...base, name: 'deepseek', text: 1.04, priming: 3, message: 1 },
  grok: { ...base, name: 'grok', text: 1, priming: 2, message: 4 },
  'grok-4': { ...base, name: 'grok-4', text: 1, priming: 150, message: 4 },
  qwen: { ...base, name: 'qwen', text: 1.02, priming: 3, message: 5 },
  glm: { ...base, name: 'glm', text: 1.02, priming: 3, message: 4 },
  kimi: { ...base, name: 'kimi', text: 1.1, priming: 5, message: 4 },
  command: { ...base, name: 'command', text: 1.2, priming: 100, message: 4 },
  nova: {
    ...base,
    name: 'nova',
    text: 1.02,
    priming: 0,
    message: 0,
    tools: { as: 'json', once: 350, each: 10, text: 1.1 },
  },
  sonar: { ...base, name: 'sonar', text: 1, priming: 0, message: 0 },
} as const satisfies Readonly<Record<string, Family>>

type FamilyName = keyof typeof families

/** Families by the head of a model's name; the longest wins. See {@link lookup}. */
const heads: Readonly<Record<string, FamilyName>> = {
  'gpt-4o': 'gpt-4o',
  'chatgpt-4o': 'gpt-4o',
  'gpt-4.1': 'gpt-4o',
  'gpt-4.5': 'gpt-4o',
  'gpt-5-chat': 'gpt-4o',
  'gpt-audio': 'gpt-4o',
  'gpt-realtime': 'gpt-4o',
  'o1-mini': 'gpt-4o',
  'o1-preview': 'gpt-4o',
  o1: 'o-series',
  o3: 'o-series',
  o4: 'o-series',
  'codex-mini': 'o-series',
  'gpt-5': 'gpt-5',
  'gpt-6': 'gpt-5',
  'gpt-4': 'gpt-4',
  'gpt-3.5': 'gpt-4',
  'gpt-35': 'gpt-4',
  'text-embedding-3': 'gpt-4',
  'text-embedding-ada': 'gpt-4',
  'davinci-002': 'gpt-4',
  'babbage-002': 'gpt-4',
  'gpt-oss': 'gpt-oss',
  claude: 'claude',
  'claude-opus-4-7': 'claude-5',
  'claude-opus-4-8': 'claude-5',
  'claude-opus-4.7': 'claude-5',
  'claude-opus-4.8': 'claude-5',
  'claude-opus-5': 'claude-5',
  'claude-sonnet-5': 'claude-5',
  'claude-haiku-5': 'claude-5',
  gemini: 'gemini',
  'gemini-3': 'gemini-3',
  gemma: 'gemini',
  llama: 'llama-3.1',
  'llama-3-8b': 'llama-3',
  'llama-3-70b': 'llama-3',
  llama3: 'llama-3.1',
  'llama3-8b': 'llama-3',
  'llama3-70b': 'llama-3',
  'deepseek-r1-distill-llama': 'llama-3',
  'llama-4': 'llama-4',
  llama4: 'llama-4',
  'llama-guard-4': 'llama-4',
  mistral: 'mistral',
  ministral: 'mistral',
  magistral: 'mistral',
  codestral: 'mistral',
  devstral: 'mistral',
  pixtral: 'mistral',
  voxtral: 'mistral',
  'mistral-7b': 'mistral-7b',
  'mistral-tiny': 'mistral-7b',
  'open-mistral-7b': 'mistral-7b',
  mixtral: 'mistral-7b',
  'open-mixtral': 'mistral-7b',
  deepseek: 'deepseek',
  'mai-ds': 'deepseek',
  'grok-2': 'grok',
  'grok-3': 'grok',
  grok: 'grok-4',
  qwen: 'qwen',
  qwen2: 'qwen',
  'qwen2.5': 'qwen',
  qwen3: 'qwen',
  qwq: 'qwen',
  'deepseek-r1-distill-qwen': 'qwen',
  glm: 'glm',
  'zai-glm': 'glm',
  kimi: 'kimi',
  command: 'command',
  nova: 'nova',
  sonar: 'sonar',
}

/** The family of a model, or `unknown`. */
export const familyOf = (model: string): Family => {
  const name = lookup(heads, model)
  return name ? families[name] : unknown
}
