// Changes to valid requests: values of other types, names with a meaning in JavaScript, deep and broken JSON.
import { below, chance, pick } from './random.mjs'

const otherValues = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  1e308,
  -1e308,
  9_007_199_254_740_991,
  2 ** 31,
  '',
  'x',
  '\u0000',
  '\ud800',
  '𝒳é\u202e',
  '__proto__',
  'constructor',
  'toString',
  "'; drop table llmux_keys; --",
  '../../etc/passwd',
  `\${jndi:x}`,
  '1e999',
  '-0',
  'NaN',
  [],
  {},
  [[]],
  [null],
  { constructor: { prototype: 1 } },
  'a'.repeat(70_000),
  'os.environ/LITELLM_MASTER_KEY',
  'oidc/x',
]
const extraNames = [
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'stream',
  'n',
  'stop',
  'logit_bias',
  'tool_choice',
  'functions',
  'seed',
  'num_retries',
  'timeout',
  'cache',
  'fallbacks',
  'tags',
  'metadata',
  'litellm_metadata',
  'user',
  'mock_response',
  'max_tokens',
  'max_completion_tokens',
  'api_base',
  'api_key',
  'extra_body',
  'model',
  'messages',
  'input',
  'thinking',
  'reasoning_effort',
  'response_format',
  'modalities',
  'audio',
  'permissions',
  'allowed_routes',
  'budget_limits',
  'duration',
  'expires',
  'spend',
  'object_permission',
]

/** Changes one place of a value. */
export function mutate(value, depth = 0) {
  if (Array.isArray(value) && value.length > 0 && chance(0.8)) {
    const copy = [...value]
    const at = below(copy.length)
    if (chance(0.15)) copy.push(copy[at])
    else copy[at] = mutate(copy[at], depth + 1)
    return copy
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const copy = { ...value }
    const names = Object.keys(copy)
    const at = names.length > 0 ? pick(names) : 'a'
    if (chance(0.15)) delete copy[at]
    else if (chance(0.25))
      Object.defineProperty(copy, pick(extraNames), {
        value: pick(otherValues),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    else
      Object.defineProperty(copy, at, {
        value: depth > 5 || chance(0.3) ? pick(otherValues) : mutate(copy[at], depth + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    return copy
  }
  return pick(otherValues)
}

/** The body of a request: its JSON, or one that is broken. */
export function textOf(value) {
  let text = JSON.stringify(value) ?? 'null'
  const kind = below(60)
  if (kind === 0) return text.slice(0, below(text.length))
  if (kind === 1) {
    const bytes = Buffer.from(text)
    for (let n = 0; n < 3; n++) bytes[below(bytes.length)] = below(256)
    return bytes
  }
  if (kind === 2) text = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  else if (kind === 3) text = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`
  else if (kind === 4) text = text.replace(/\d+/, '1e999')
  else if (kind === 5) text = text.replace(/^\{/, '{"__proto__":{"model":"chat","admin":true},')
  else if (kind === 6) text = `\ufeff${text}`
  else if (kind === 7) text = ''
  else if (kind === 8)
    text = text.replace(/^\{/, `{"messages":[${'{"role":"user","content":"x"},'.repeat(2_000)}null],`)
  return Buffer.from(text)
}

export function mutateText(text) {
  const at = below(text.length + 1)
  return (
    text.slice(0, at) +
    pick(['', '%', '%00', '%ff', '/', '//', '..', '?', '#', '\u0080', 'é', ';', '\\', ' ', '{}']) +
    text.slice(at + below(3))
  )
}
