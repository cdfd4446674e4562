import type { Entry } from '../../shared/history.js'
import { alternateTurns, beginWithUser, endWithText } from '../../shared/turns.js'
import type { EncodeScope } from './scope.js'
import type { Block, Turn } from './wire.js'

/**
 * Brings entries into the order that the API wants: user and assistant by turns, the user first. A system turn may stand after a
 * user turn, before an assistant turn or at the end, with models that have it; there it keeps its time and the prompt cache.
 * Anywhere else it becomes part of `system`; after an answer, at the end, a user turn.
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 */
export function arrangeTurns(entries: readonly Entry<Block>[], system: Block[], scope: EncodeScope): Turn[] {
  const { report, facts, quirks } = scope
  const systemTurns = facts.systemTurns && quirks.systemTurns !== false
  const turns = alternateTurns(entries, system, { systemTurns, why: 'Claude answers users' }, report)
  endWithText(turns, (blocks) => facts.prefill || isPaused(blocks), trimmed, report)
  beginWithUser(turns, (text) => ({ type: 'text', text }), report)
  return turns.map(({ role, blocks }) => ({ role, content: plainText(blocks) ?? blocks }))
}

function trimmed(block: Block): Block {
  return block.type === 'text' && typeof block.text === 'string' ? { ...block, text: block.text.trimEnd() } : block
}

/** What an answer is made of that did not pause on a server's tool. */
const ordinary: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])

const isPaused = (blocks: readonly Block[]): boolean => blocks.some(({ type }) => !ordinary.has(type))

/** Text alone is sent as a string, which is the same to the API. */
function plainText(blocks: readonly Block[]): string | undefined {
  const [only] = blocks
  if (blocks.length !== 1 || only?.type !== 'text' || typeof only.text !== 'string') return undefined
  return Object.keys(only).length === 2 ? only.text : undefined
}
