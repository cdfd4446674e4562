import type { Message } from '../types/messages.js'

/** Messages that stay or go together: a message alone, or tool calls with their results. */
export interface Unit {
  /** Indexes into the messages. */
  readonly at: readonly number[]
  /** System and developer messages are never left out. */
  readonly kept: boolean
}

/** What happened from one user message to the next. */
export interface Turn {
  readonly units: readonly Unit[]
}

/** The messages as turns, oldest first; instructions stand apart, wherever they are in the conversation. */
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
    // Several user messages in a row are one question.
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
    // Results without a call before them stay with what they follow, as they were given.
    if ((role === 'tool' || role === 'function') && last && !last.kept) last.at.push(index)
    else units.push({ at: [index], kept: role === 'system' || role === 'developer' })
  }
  return units
}
