import type { Family } from './families.js'

const unmeasured = { count: { median: 0.15, p95: 0.5, samples: 0 }, scan: { median: 0.15, p95: 0.5, samples: 0 } }
const estimated = { encoding: 'o200k_base', own: false, assistant: 0, thinking: 0, error: unmeasured } as const
const tools = { as: 'json', once: 100, each: 0, text: 1, dropped: true } as const
const kept = { ...tools, dropped: false } as const
const call = { alone: 15, several: 15, once: 0 } as const
const schema = { once: 0, text: 0 } as const
const e = { ...estimated, text: 1.1, priming: 3, message: 4, tools, call, schema }
const own = { ...e, own: true, text: 1, schema: { once: 0, text: 1 } } as const
const ns = { as: 'typescript', once: 9, each: 0, text: 1, dropped: false } as const
const table = {
  'gpt-4o': { ...own, tools: ns, call: { alone: 5, several: 9, once: 10 } },
  'gpt-4o-search': { ...own, tools: ns, call: { alone: 5, several: 9, once: 10 }, caveat: 'a search model' },
  'gpt-5': { ...own, priming: 2, assistant: 2, tools: { ...ns, once: 91 }, call: { alone: 11, several: 9, once: 0 } },
  'o-series': { ...own, priming: 2, assistant: 2, tools: { ...ns, once: 10 }, call: { alone: 11, several: 9, once: 0 } },
  'gpt-4': { ...own, encoding: 'cl100k_base', tools: ns, call: { alone: 5, several: 9, once: 20 } },
  'gpt-3.5-turbo-0301': { ...own, encoding: 'cl100k_base', message: 5, tools: ns, call },
  'gpt-oss': e, claude: { ...e, tools: kept }, 'claude-4.5': { ...e, tools: kept }, 'claude-5': { ...e, tools: kept },
  'gemini-2.0': { ...e, tools: kept }, gemini: { ...e, tools: kept }, 'gemini-3': { ...e, tools: kept },
  'llama-3': e, 'llama-3.1': e, 'llama-4': e, mistral: e, 'mistral-7b': e, deepseek: e,
  grok: { ...e, tools: kept }, 'grok-4-fast': { ...e, priming: 155, tools: kept }, 'grok-4': { ...e, priming: 680, tools: kept },
  qwen: e, glm: e, kimi: e, command: e, nova: e, sonar: { ...e, priming: 0, message: 0 }, unknown: e,
} as const
export type FamilyName = keyof typeof table
export const families = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, { name, ...row }])) as unknown as Record<FamilyName, Family>
