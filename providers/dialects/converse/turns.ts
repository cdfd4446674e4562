import type { Entry } from '../../shared/history.js'
import { alternateTurns, beginWithUser, type Draft, endWithText } from '../../shared/turns.js'
import type { Kit } from './kit.js'
import { type Block, type Turn, textIn } from './wire.js'

const besideDocuments = 'See the attached document.'

/** Brings entries into the order that the API wants: user and assistant by turns, the user first. Instructions stand apart. */
export function arrangeTurns(entries: readonly Entry<Block>[], system: Block[], kit: Kit): Turn[] {
  const { report, facts } = kit
  const turns = alternateTurns(entries, system, { systemTurns: false, why: 'models answer users' }, report)
  endWithText(turns, () => facts.claude?.prefill !== false, trimmed, report)
  for (const turn of turns) nameDocuments(turn, kit)
  beginWithUser(turns, (text) => ({ text }), report)
  return turns.map(({ role, blocks }) => ({ role: role === 'assistant' ? role : 'user', content: blocks }))
}

function trimmed(block: Block): Block {
  const text = textIn(block, 'text')
  return text === undefined || text === text.trimEnd() ? block : { text: text.trimEnd() }
}

/** A document needs a text beside it. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html */
function nameDocuments(turn: Draft<Block>, kit: Kit): void {
  const { blocks, index } = turn
  if (turn.role !== 'user' || !blocks.some((block) => 'document' in block)) return
  if (blocks.some((block) => textIn(block, 'text')?.trim())) return
  turn.blocks = [...blocks, { text: besideDocuments }]
  kit.report.repaired(
    index,
    `messages[${index}]: a document needs a text beside it, so '${besideDocuments}' was put behind it.`,
  )
}
