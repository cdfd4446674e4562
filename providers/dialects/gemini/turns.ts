import type { Kit } from './kit.js'
import type { Part, Turn } from './wire.js'

/** A message of the history, translated. */
export interface Entry {
  readonly role: 'user' | 'model' | 'system'
  parts: Part[]
  /** What answers the calls of an assistant message: sent first in the user turn that follows it. */
  readonly results: Part[]
  /** What the results came with and can't hold. */
  readonly after: Part[]
  /** Its place in the caller's messages. */
  readonly index: number
}

interface Draft extends Turn {
  index: number
}

const filler = 'Begin.'

/** Brings entries into turns, user and model by turns. Instructions between them move to `system`. */
export function arrangeTurns(entries: readonly Entry[], system: Part[], kit: Kit): Turn[] {
  const turns: Draft[] = []
  const add = (role: Turn['role'], parts: Part[], index: number) => {
    if (parts.length === 0) return
    const last = turns.at(-1)
    if (last?.role === role) last.parts = [...last.parts, ...parts]
    else turns.push({ role, parts, index })
  }
  for (const [position, { role, parts, results, after, index }] of entries.entries()) {
    if (role !== 'system') add(role, parts, index)
    else if (position === entries.length - 1 && turns.at(-1)?.role === 'model') {
      kit.report.changed(
        'messages',
        `messages[${index}]: the system message was made a user message, as Gemini answers users.`,
      )
      add('user', parts, index)
    } else {
      kit.report.changed('messages', `messages[${index}]: the system message was moved to the front.`)
      system.push(...parts)
    }
    add('user', [...results, ...after], index)
  }
  begin(turns, system, kit)
  return turns.map(({ role, parts }) => ({ role, parts }))
}

/** A conversation begins with the user, and models without instructions hear them from there. */
function begin(turns: Draft[], system: Part[], kit: Kit): void {
  if (!kit.facts.system && system.length > 0) {
    kit.report.changed('messages', 'This model has no instructions: they were put before the first user message.')
    const parts = system.splice(0)
    const [first] = turns
    if (first?.role === 'user') first.parts = [...parts, ...first.parts]
    else turns.unshift({ role: 'user', parts, index: 0 })
  }
  const [first] = turns
  if (first?.role === 'user') return
  const index = first?.index ?? 0
  const why = first ? 'the conversation begins with the assistant' : 'there are only instructions'
  kit.report.repaired(index, `messages[${index}]: ${why}, so a user message ('${filler}') was put first.`)
  turns.unshift({ role: 'user', parts: [{ text: filler }], index })
}
