import type { Message } from '../types/messages.js'

/** Messages that are kept or removed together: a single message, or tool calls with their results. */
export interface Unit {
  /** Indexes into the messages. */
  readonly at: readonly number[]
  /** System and developer messages are never left out. */
  readonly kept: boolean
}

/** The messages from one user message to the next. */
export interface Turn {
  readonly units: readonly Unit[]
}

/** Groups messages into turns, oldest first, separate from the instructions. */
export const turnsOf = (messages: readonly Message[]): { instructions: Unit[]; turns: Turn[] } => {
  const instructions: Unit[] = []
  const turns: Unit[][] = []
  let before: Message['role'] | undefined
  for (const unit of unitsOf(messages)) {
    const role = messages[unit.at[0] ?? 0]?.role
    if (unit.kept) {
      instructions.push(unit)
      continue
    }
    const last = turns.at(-1)
    // consecutive user messages belong to one turn
    if (!last || (role === 'user' && before !== 'user')) turns.push([unit])
    else last.push(unit)
    before = role
  }
  return { instructions, turns: turns.map((units) => ({ units })) }
}

const unitsOf = (messages: readonly Message[]): Unit[] => {
  const units: { at: number[]; kept: boolean }[] = []
  for (const [index, { role }] of messages.entries()) {
    const last = units.at(-1)
    // results without a call belong to the preceding message
    if ((role === 'tool' || role === 'function') && last && !last.kept) last.at.push(index)
    else units.push({ at: [index], kept: role === 'system' || role === 'developer' })
  }
  return units
}
