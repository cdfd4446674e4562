import type { Report } from '../report.js'
import type { Entry } from './history.js'

/** A turn under construction. */
export type Draft<Block> = Pick<Entry<Block>, 'role' | 'blocks' | 'index'>

const filler = 'Begin.'

/** The positions at which an API accepts system messages. */
export interface SystemPlacement {
  /** Whether system turns are allowed after a user turn, before an assistant turn or at the end. */
  readonly systemTurns: boolean
  /** Why a final system message becomes a user message: `Claude answers users`. */
  readonly why: string
}

/** Makes turns alternate. System turns in positions that the API rejects move to `system`. */
export function alternateTurns<Block>(
  entries: readonly Entry<Block>[],
  system: Block[],
  places: SystemPlacement,
  report: Report,
): Draft<Block>[] {
  const turns: Draft<Block>[] = []
  for (const { role, blocks, results, index } of entries) {
    add(turns, role, blocks, index)
    // results follow their assistant message directly
    if (results.length > 0) add(turns, 'user', results, index)
  }
  if (!turns.some(({ role }) => role === 'system')) return turns
  return merge(placeSystem(turns, system, places, report))
}

/** Adds blocks to the last turn, if it has their role, or as a turn of their own. */
function add<Block>(turns: Draft<Block>[], role: Draft<Block>['role'], blocks: Block[], index: number): void {
  const last = turns.at(-1)
  if (last?.role === role) last.blocks = [...last.blocks, ...blocks]
  else turns.push({ role, blocks, index })
}

function merge<Block>(drafts: readonly Draft<Block>[]): Draft<Block>[] {
  const turns: Draft<Block>[] = []
  for (const { role, blocks, index } of drafts) add(turns, role, blocks, index)
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
      // moved to the front it would turn the answer before it into a prefill
      report.changed('messages', `${where}: the system message became a user message, because ${why}.`)
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
 * A trailing assistant message is a prefill, for models that continue it. Trailing whitespace is rejected by the API.
 * @param trimmed returns the block without trailing whitespace
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
      'must not be an assistant message at the end, because this model does not continue it: add a user message, and use response_format to control the form of the answer.',
    )
  }
  last.blocks = last.blocks.map((block, position) => (position === last.blocks.length - 1 ? trimmed(block) : block))
}

/** A conversation must begin with the user. */
export function beginWithUser<Block>(turns: Draft<Block>[], say: (text: string) => Block, report: Report): void {
  const [first] = turns
  if (first && first.role !== 'assistant') return
  const index = first?.index ?? 0
  const why = first ? 'the conversation begins with the assistant' : 'there are only instructions'
  report.repaired(index, `messages[${index}]: a user message ('${filler}') was added at the front, because ${why}.`)
  turns.unshift({ role: 'user', blocks: [say(filler)], index })
}
