import type { ChatParams } from '../../../src/types/chat.js'
import type { EncodeScope } from './scope.js'

/** Model families with levels of effort. All other thinking models only switch thinking on or off. */
const leveled: ReadonlySet<string> = new Set(['gpt-oss'])

const levels: ReadonlyMap<string, string> = new Map([
  ['minimal', 'low'],
  ['low', 'low'],
  ['medium', 'medium'],
  ['high', 'high'],
  ['xhigh', 'high'],
  ['max', 'high'],
])

/**
 * Encodes `reasoning_effort` and `thinking` as `think`. Models that can't think reject true and accept false.
 * https://docs.ollama.com/capabilities/thinking
 */
export function encodeThink({ thinking, reasoning_effort }: ChatParams, model: string, scope: EncodeScope): unknown {
  const effort = reasoning_effort ?? undefined
  if (effort !== undefined) return effort === 'none' ? false : byEffort(effort, model, scope)
  if (!thinking) return undefined
  if (thinking.type === 'disabled') return false
  if (thinking.type === 'enabled') {
    scope.report.changed('thinking', 'Sent as think: true, because Ollama has no thinking budget.')
  }
  return true
}

function byEffort(effort: string, model: string, scope: EncodeScope): unknown {
  const level = levels.get(effort)
  if (!leveled.has(familyOf(model))) {
    scope.report.changed(
      'reasoning_effort',
      `Sent as think: true instead of '${effort}', because the model has no levels.`,
    )
    return true
  }
  if (level !== effort) scope.report.changed('reasoning_effort', `'${effort}' is sent as '${level ?? 'medium'}'.`)
  return level ?? 'medium'
}

/** Extracts the family: `registry/owner/gpt-oss:20b` is `gpt-oss`. */
const familyOf = (model: string): string => model.slice(model.lastIndexOf('/') + 1).split(':')[0] ?? ''
