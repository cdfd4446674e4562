import type { Kit } from './kit.js'
import { type Block, type Turn, textIn } from './wire.js'

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
const besideDocuments = 'See the attached document.'

/** Brings entries into the order that the API wants: user and assistant by turns, the user first. */
export function arrangeTurns(entries: readonly Entry[], system: Block[], kit: Kit): Turn[] {
  const turns = merge(place(merge(answer(entries)), system, kit))
  endWithText(turns, kit)
  for (const turn of turns) nameDocuments(turn, kit)
  const [first] = turns
  if (!first || first.role === 'assistant') {
    const index = first?.index ?? 0
    const why = first ? 'the conversation begins with the assistant' : 'there are only instructions'
    kit.report.repaired(index, `messages[${index}]: ${why}, so a user message ('${filler}') was put first.`)
    turns.unshift({ role: 'user', blocks: [{ text: filler }], index })
  }
  return turns.map(({ role, blocks }) => ({ role: role === 'assistant' ? role : 'user', content: blocks }))
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

/** System messages between turns become part of `system`; after an answer, at the end, a user turn. */
function place(drafts: readonly Draft[], system: Block[], kit: Kit): Draft[] {
  const placed: Draft[] = []
  for (const [position, draft] of drafts.entries()) {
    if (draft.role !== 'system') placed.push(draft)
    else if (position === drafts.length - 1 && placed.at(-1)?.role === 'assistant') {
      // at the front it would leave the answer before it as one to go on with
      kit.report.changed(
        'messages',
        `messages[${draft.index}]: the system message was made a user message, as models answer users.`,
      )
      placed.push({ ...draft, role: 'user' })
    } else {
      system.push(...draft.blocks)
      kit.report.changed('messages', `messages[${draft.index}]: the system message was moved to the front.`)
    }
  }
  return placed
}

/** A trailing assistant message is text to go on with; white space at its end is refused. */
function endWithText(turns: Draft[], kit: Kit): void {
  const last = turns.at(-1)
  if (last?.role !== 'assistant') return
  if (kit.facts.claude?.prefill === false) {
    throw kit.report.bad(
      `messages[${last.index}]`,
      'this model does not continue an assistant message: end with a user message, and use response_format for the form of the answer.',
    )
  }
  const block = last.blocks.at(-1)
  const text = block && textIn(block, 'text')
  if (text !== undefined && text !== text.trimEnd())
    last.blocks = [...last.blocks.slice(0, -1), { text: text.trimEnd() }]
}

/** A document needs a text beside it. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html */
function nameDocuments(turn: Draft, kit: Kit): void {
  const { blocks, index } = turn
  if (turn.role !== 'user' || !blocks.some((block) => 'document' in block)) return
  if (blocks.some((block) => textIn(block, 'text')?.trim())) return
  turn.blocks = [...blocks, { text: besideDocuments }]
  kit.report.repaired(
    index,
    `messages[${index}]: a document needs a text beside it, so '${besideDocuments}' was put behind it.`,
  )
}
