import { answerText, type EncodeState, type JSONTool, originalName } from '../../shared/encode-state.js'
import { isThinking } from './thinking.js'
import { type Block, type Fields, isFields, type WireMessage } from './wire.js'

/**
 * Collects everything in an answer that has no field in OpenAI's message, to store it under `provider_specific_fields`
 * and send it back in the next turn. Undefined if there is nothing.
 */
export function extraFields(
  message: WireMessage,
  blocks: readonly Block[],
  encodeState: EncodeState | undefined,
): Fields | undefined {
  const extras: Fields = {}
  const spoken = encodeState?.json ? withoutPreamble(blocks, encodeState.json, extras) : blocks
  if (!fitsMessage(spoken)) extras.content_blocks = spoken.map((block) => asCallerKnows(block, encodeState))
  if (message.container) extras.container = message.container
  if (isFields(message.context_management)) {
    const edits = message.context_management.applied_edits
    if (!Array.isArray(edits) || edits.length > 0) extras.context_management = message.context_management
  }
  if (typeof message.stop_sequence === 'string') extras.stop_sequence = message.stop_sequence
  if (message.stop_details) extras.stop_details = message.stop_details
  return Object.keys(extras).length > 0 ? extras : undefined
}

const knownFields: ReadonlySet<string> = new Set([
  ...['id', 'type', 'role', 'model', 'content', 'usage', 'error'],
  ...['stop_reason', 'stop_sequence', 'stop_details', 'container', 'context_management'],
])

/** Fields unknown to this version, preserved unchanged. Undefined if there are none. */
export function unknownFields(message: object | undefined): Fields | undefined {
  let unknown: Fields | undefined
  for (const name in message) {
    const value = (message as Fields)[name]
    if (knownFields.has(name) || value === null) continue
    // as the key of a literal, `__proto__` is a field like any other
    unknown = { ...unknown, [name]: value }
  }
  return unknown
}

/** Text around the answer tool's call would break the JSON, so it is stored separately as `preamble`. */
function withoutPreamble(blocks: readonly Block[], json: JSONTool, extras: Fields): readonly Block[] {
  if (!blocks.some(({ type, name }) => type === 'tool_use' && name === json.name)) return blocks
  const words = blocks.map((block) => (block.type === 'text' ? String(block.text) : '')).join('')
  if (words.trim() !== '') extras.preamble = words
  return blocks.filter(({ type }) => type !== 'text')
}

/** Whether `thinking_blocks`, `content` and `tool_calls`, in this order, represent the blocks completely. */
function fitsMessage(blocks: readonly Block[]): boolean {
  let stage = 0
  for (const block of blocks) {
    if (isThinking(block)) {
      if (stage > 0) return false
    } else if (block.type === 'text') {
      if (block.text === '') continue
      if (stage > 0 || (Array.isArray(block.citations) && block.citations.length > 0)) return false
      stage = 1
    } else if (block.type === 'tool_use') {
      if (!isPlainCall(block)) return false
      stage = 2
    } else return false
  }
  return true
}

const callFields: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input', 'caller'])

/** A call made directly by the model. Calls from code execution need their `caller` in the next turn. */
function isPlainCall(block: Block): boolean {
  const { caller } = block
  const direct = caller === undefined || caller === null || (isFields(caller) && caller.type === 'direct')
  return direct && Object.entries(block).every(([name, value]) => callFields.has(name) || value === null)
}

/** Restores the caller's tool names, and the emulated format as the text that the caller sees. */
function asCallerKnows(block: Block, encodeState: EncodeState | undefined): Block {
  if (block.type !== 'tool_use' || !encodeState) return block
  const name = String(block.name)
  if (encodeState.json?.name === name) return { type: 'text', text: answerText(block.input, encodeState.json) }
  const original = originalName(encodeState, name)
  return original === name ? block : { ...block, name: original }
}
