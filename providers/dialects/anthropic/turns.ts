import type { Kit } from './kit.js'
import type { Block, Turn } from './wire.js'

/** A message of the history, translated. */
export interface Entry {
  readonly role: 'user' | 'assistant' | 'system'
  blocks: Block[]
  /** What answers the calls of an assistant message: sent first in the user turn that follows it. */
  readonly results: Block[]
  /** Its place in the caller's messages. */
  readonly index: number
}

interface Draft {
  role: Entry['role']
  blocks: Block[]
  index: number
}

const filler = 'Begin.'

/** Brings entries into the order that the API wants. System turns that can't stay where they are move to `system`. */
export function arrangeTurns(entries: readonly Entry[], system: Block[], kit: Kit): Turn[] {
  const turns = merge(place(merge(answer(entries)), system, kit))
  endWithText(turns, kit)
  const [first] = turns
  if (!first || first.role === 'assistant') {
    const index = first?.index ?? 0
    const why = first ? 'the conversation begins with the assistant' : 'there are only instructions'
    kit.report.repaired(index, `messages[${index}]: ${why}, so a user message ('${filler}') was put first.`)
    turns.unshift({ role: 'user', blocks: [{ type: 'text', text: filler }], index })
  }
  return turns.map(({ role, blocks }) => ({ role, content: plainText(blocks) ?? blocks }))
}

/** Puts the results of every assistant message right after it. */
function answer(entries: readonly Entry[]): Draft[] {
  return entries.flatMap(({ role, blocks, results, index }) => {
    const draft: Draft = { role, blocks, index }
    return results.length > 0 ? [draft, { role: 'user', blocks: results, index }] : [draft]
  })
}

function merge(drafts: readonly Draft[]): Draft[] {
  const turns: Draft[] = []
  for (const draft of drafts) {
    const last = turns.at(-1)
    if (last?.role === draft.role) last.blocks = [...last.blocks, ...draft.blocks]
    else turns.push({ ...draft })
  }
  return turns
}

/**
 * A system turn may stand after a user turn, before an assistant turn or at the end, with models that have it; there it
 * keeps its time and the prompt cache. Anywhere else it becomes part of `system`; after an answer, at the end, a user turn.
 * https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages
 */
function place(drafts: readonly Draft[], system: Block[], kit: Kit): Draft[] {
  const able = kit.facts.systemTurns && kit.quirks.systemTurns !== false
  const placed: Draft[] = []
  for (const [position, draft] of drafts.entries()) {
    const next = drafts[position + 1]
    if (draft.role !== 'system' || (able && placed.at(-1)?.role === 'user' && next?.role !== 'user')) {
      placed.push(draft)
      continue
    }
    if (!next && placed.at(-1)?.role === 'assistant') {
      // at the front it would leave the answer before it as one to go on with
      kit.report.changed(
        'messages',
        `messages[${draft.index}]: the system message was made a user message, as Claude answers users.`,
      )
      placed.push({ ...draft, role: 'user' })
      continue
    }
    system.push(...draft.blocks)
    kit.report.changed(
      'messages',
      `messages[${draft.index}]: the ${able ? 'misplaced ' : ''}system message was moved to the front.`,
    )
  }
  return placed
}

/** A trailing assistant message is text to go on with; the API refuses white space at its end. */
function endWithText(turns: Draft[], kit: Kit): void {
  const last = turns.at(-1)
  if (last?.role !== 'assistant') return
  const block = last.blocks.at(-1)
  const paused = last.blocks.some(({ type }) => !ordinary.has(type))
  if (!kit.facts.prefill && !paused) {
    throw kit.report.bad(
      `messages[${last.index}]`,
      'this model does not continue an assistant message: end with a user message, and use response_format for the form of the answer.',
    )
  }
  if (block?.type !== 'text' || typeof block.text !== 'string') return
  const text = block.text.trimEnd()
  if (text !== block.text) last.blocks = [...last.blocks.slice(0, -1), { ...block, text }]
}

/** What an answer is made of that did not pause on a server's tool. */
const ordinary: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])

/** Text alone is sent as a string, which is the same to the API. */
function plainText(blocks: readonly Block[]): string | undefined {
  const [only] = blocks
  if (blocks.length !== 1 || only?.type !== 'text' || typeof only.text !== 'string') return undefined
  return Object.keys(only).length === 2 ? only.text : undefined
}
