import type { AssistantMessage } from '../../../src/types/messages.js'
import { assistantText } from '../../shared/calls.js'
import { answerText, type EncodeState } from '../../shared/encode-state.js'
import { imageParts } from './images.js'
import type { Kit } from './kit.js'
import { kindOf } from './parts.js'
import { type Fields, isFields, type Part } from './wire.js'

/**
 * The parts of an answer as they came, where OpenAI's message has no place for them (code that ran, server tools, text between
 * calls): kept under `provider_specific_fields.content_parts`, so that the next turn can send them back in place.
 */

/** Images and audio are megabytes, and stand in the message already: a part points to them. */
export function keepParts(parts: readonly Part[], memo: EncodeState | undefined): Part[] {
  let image = 0
  return parts.flatMap((part): Part[] => {
    switch (kindOf(part)) {
      case 'image': {
        const { inlineData: _, ...rest } = part
        return [{ ...rest, image: image++ }]
      }
      case 'audio':
        return []
      case 'call':
        return [asCallerKnows(part, memo)]
      default:
        return [part]
    }
  })
}

/** Tools under the caller's names, and the emulated format as the text that the caller reads. */
function asCallerKnows(part: Part, memo: EncodeState | undefined): Part {
  const call = part.functionCall
  if (!call || !memo) return part
  if (memo.json && call.name === memo.json.name) return { text: answerText(call.args, memo.json) }
  const original = memo.names?.[call.name ?? '']
  return original === undefined ? part : { ...part, functionCall: { ...call, name: original } }
}

/** The turn as it came. Undefined where nothing was kept, or where the caller has changed what the message says. */
export function keptParts(
  message: AssistantMessage,
  calls: readonly Part[],
  index: number,
  kit: Kit,
): Part[] | undefined {
  const kept: unknown = message.provider_specific_fields?.content_parts
  if (!Array.isArray(kept) || kept.length === 0 || !kept.every(isFields)) return undefined
  const parts = kept as Part[]
  const images = imageParts(message, index, kit)
  const text = parts.map((part) => (kindOf(part) === 'text' ? part.text : '')).join('')
  const same =
    text === assistantText(message) &&
    parts.filter((part) => part.functionCall).length === calls.length &&
    parts.every(({ image }) => image === undefined || images[Number(image)] !== undefined)
  if (!same) {
    kit.report.repaired(
      index,
      `messages[${index}]: the message was changed since Gemini wrote it, so the parts kept beside it ` +
        '(code, server tools, thoughts) were left out.',
    )
    return undefined
  }
  let call = 0
  return parts.flatMap((part): Part[] => {
    if (part.thought && part.thoughtSignature === undefined) return []
    if (part.functionCall) return [restored(part, calls[call++])]
    return [part.image === undefined ? part : restored(part, images[Number(part.image)])]
  })
}

/** What the caller has now, with what was kept beside it. */
function restored({ image: _, ...kept }: Part, current: Part | undefined): Part {
  const fields: Fields = { ...kept, ...current }
  return fields
}
