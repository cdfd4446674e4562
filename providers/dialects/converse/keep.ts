import { answerText, type EncodeState, type JSONTool } from '../../shared/encode-state.js'
import { isOwnCall, spoken } from './assistant.js'
import { thinkingBlock } from './reasoning-blocks.js'
import { type Block, type Fields, inner } from './wire.js'

/**
 * What of an answer OpenAI's message has no field for: kept under `provider_specific_fields`, so that the next turn can send it
 * back. Undefined where there is nothing.
 */
export function extraFields(blocks: readonly Block[], memo: EncodeState | undefined): Fields | undefined {
  const extras: Fields = {}
  const said = memo?.json ? withoutPreamble(blocks, memo.json, extras) : blocks
  if (!fitsMessage(said)) extras.converse_content = said.map((block) => asCallerKnows(block, memo))
  return Object.keys(extras).length > 0 ? extras : undefined
}

/** What the model said around the call that is its answer would spoil the JSON: it is kept apart, as `preamble`. */
function withoutPreamble(blocks: readonly Block[], json: JSONTool, extras: Fields): readonly Block[] {
  if (!blocks.some((block) => inner(block, 'toolUse')?.name === json.name)) return blocks
  const words = blocks.map(spoken).join('')
  if (words.trim() !== '') extras.preamble = words
  return blocks.filter((block) => spoken(block) === '' && !('text' in block))
}

/** Whether `thinking_blocks`, `content` and `tool_calls`, in this order, say all that a next turn needs. */
function fitsMessage(blocks: readonly Block[]): boolean {
  let stage = 0
  for (const block of blocks) {
    const reasoning = inner(block, 'reasoningContent')
    if (reasoning) {
      if (stage > 0 && thinkingBlock(reasoning)) return false
    } else if ('text' in block) {
      if (block.text === '') continue
      if (stage > 1) return false
      stage = 1
    } else if (isOwnCall(block)) stage = 2
    else if (!('image' in block)) return false
  }
  return true
}

/** Tools under the caller's names, and the emulated format as the text that the caller reads. */
function asCallerKnows(block: Block, memo: EncodeState | undefined): Block {
  const use = inner(block, 'toolUse')
  if (!use || !memo) return block
  if (memo.json && memo.json.name === use.name) return { text: answerText(use.input, memo.json) }
  const original = memo.names?.[String(use.name)]
  return original === undefined ? block : { toolUse: { ...use, name: original } }
}
