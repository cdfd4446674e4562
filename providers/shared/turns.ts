import type { Report } from '../report.js'
import type { Entry } from './history.js'

/** A turn that is being put together. */
export type Draft<Block> = Pick<Entry<Block>, 'role' | 'blocks' | 'index'>

const filler = 'Begin.'

/** How an API takes instructions between the turns. */
export interface SystemPlacement {
  /** Whether they may stand after a user turn, before an assistant turn or at the end. */
  readonly systemTurns: boolean
  /** Why one at the end is made a user message: `Claude answers users`. */
  readonly why: string
}

/** User and assistant by turns. System turns that can't stay where they are move to `system`. */
export function alternateTurns<Block>(
  entries: readonly Entry<Block>[],
  system: Block[],
  places: SystemPlacement,
  report: Report,
): Draft<Block>[] {
  return merge(placeSystem(merge(entries.flatMap(withResults)), system, places, report))
}

/** The results of an assistant message stand right after it. */
function withResults<Block>({ role, blocks, results, index }: Entry<Block>): Draft<Block>[] {
  const draft: Draft<Block> = { role, blocks, index }
  return results.length > 0 ? [draft, { role: 'user', blocks: results, index }] : [draft]
}

function merge<Block>(drafts: readonly Draft<Block>[]): Draft<Block>[] {
  const turns: Draft<Block>[] = []
  for (const draft of drafts) {
    const last = turns.at(-1)
    if (last?.role === draft.role) last.blocks = [...last.blocks, ...draft.blocks]
    else turns.push({ ...draft })
  }
  return turns
}

function placeSystem<Block>(
  drafts: readonly Draft<Block>[],
  system: Block[],
  { systemTurns, why }: SystemPlacement,
  report: Report,
): Draft<Block>[] {
  const placed: Draft<Block>[] = []
  for (const [position, draft] of drafts.entries()) {
    const before = placed.at(-1)?.role
    const next = drafts[position + 1]
    const where = `messages[${draft.index}]`
    if (draft.role !== 'system' || (systemTurns && before === 'user' && next?.role !== 'user')) placed.push(draft)
    else if (!next && before === 'assistant') {
      // at the front it would leave the answer before it as one to go on with
      report.changed('messages', `${where}: the system message was made a user message, as ${why}.`)
      placed.push({ ...draft, role: 'user' })
    } else {
      system.push(...draft.blocks)
      const misplaced = systemTurns ? 'misplaced ' : ''
      report.changed('messages', `${where}: the ${misplaced}system message was moved to the front.`)
    }
  }
  return placed
}

/**
 * A trailing assistant message is text to go on with, where the model goes on; white space at its end is refused.
 * @param trimmed a block without white space at its end, or the block itself
 */
export function endWithText<Block>(
  turns: readonly Draft<Block>[],
  continues: (blocks: readonly Block[]) => boolean,
  trimmed: (block: Block) => Block,
  report: Report,
): void {
  const last = turns.at(-1)
  if (last?.role !== 'assistant') return
  if (!continues(last.blocks)) {
    throw report.invalid(
      `messages[${last.index}]`,
      'this model does not continue an assistant message: end with a user message, and use response_format for the form of the answer.',
    )
  }
  last.blocks = last.blocks.map((block, position) => (position === last.blocks.length - 1 ? trimmed(block) : block))
}

/** A conversation begins with the user. */
export function beginWithUser<Block>(turns: Draft<Block>[], say: (text: string) => Block, report: Report): void {
  const [first] = turns
  if (first && first.role !== 'assistant') return
  const index = first?.index ?? 0
  const why = first ? 'the conversation begins with the assistant' : 'there are only instructions'
  report.repaired(index, `messages[${index}]: ${why}, so a user message ('${filler}') was put first.`)
  turns.unshift({ role: 'user', blocks: [say(filler)], index })
}
