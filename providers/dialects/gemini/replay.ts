import type { AssistantMessage } from '../../../src/types/messages.js'
import { assistantText } from '../../shared/calls.js'
import { answerText, type EncodeState, originalName } from '../../shared/encode-state.js'
import type { EncodeScope } from './scope.js'
import { type Fields, isFields, kindOf, type Part, type PartKind } from './wire.js'

/** Appends a part. Consecutive texts are one part, however a stream cuts them; a signature comes with the last piece and ends the part. */
export function appendPart(parts: Part[], part: Part): void {
  const kind = kindOf(part)
  const last = parts.at(-1)
  if (kind === 'text' || kind === 'thought') {
    if (last && kindOf(last) === kind && last.thoughtSignature === undefined && isPlain(part) && isPlain(last)) {
      parts[parts.length - 1] = { ...last, ...part, text: `${last.text}${part.text}` }
      return
    }
  }
  parts.push(part)
}

const plainFields: ReadonlySet<string> = new Set(['text', 'thought', 'thoughtSignature'])
const callFields: ReadonlySet<string> = new Set(['id', 'name', 'args'])

function isPlain(part: Part): boolean {
  for (const name in part) if (!plainFields.has(name)) return false
  return true
}

const messageOrder: readonly PartKind[] = ['thought', 'text', 'image', 'audio', 'call']

/** Whether OpenAI's message (thoughts, one text, images, calls) expresses the parts completely. */
export function fitsMessage(parts: readonly Part[]): boolean {
  let stage = 0
  let texts = 0
  for (const part of parts) {
    const kind = kindOf(part)
    const place = messageOrder.indexOf(kind)
    if (place < stage) return false
    stage = place
    if (kind === 'text' && ++texts > 1) return false
    if ((kind === 'text' || kind === 'thought') && !isPlain(part)) return false
    if (kind === 'call' && !Object.keys(part.functionCall ?? {}).every((name) => callFields.has(name))) return false
  }
  return true
}

/**
 * The parts of an answer that OpenAI's message can't express (executed code, server tools, text between calls). They are stored under
 * `provider_specific_fields.content_parts`, and the next turn sends them back in place. Images and audio are megabytes and already part
 * of the message: the stored part refers to them.
 */
export function storeParts(parts: readonly Part[], encodeState: EncodeState | undefined): Part[] {
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
        return [restoreNames(part, encodeState)]
      default:
        return [part]
    }
  })
}

/** A call under the caller's name of the tool; a call with the answer becomes text. */
function restoreNames(part: Part, encodeState: EncodeState | undefined): Part {
  const call = part.functionCall
  if (!encodeState || typeof call?.name !== 'string') return part
  if (encodeState.json && call.name === encodeState.json.name) return { text: answerText(call.args, encodeState.json) }
  return { ...part, functionCall: { ...call, name: originalName(encodeState, call.name) } }
}

/** Stored parts with the message's current calls and images. Undefined without stored parts, or if the caller changed the message. */
export function restoreParts(
  message: AssistantMessage,
  { calls, images }: { readonly calls: readonly Part[]; readonly images: readonly Part[] },
  index: number,
  scope: EncodeScope,
): Part[] | undefined {
  const stored: unknown = message.provider_specific_fields?.content_parts
  if (!Array.isArray(stored) || stored.length === 0 || !stored.every(isFields)) return undefined
  const parts = stored as Part[]
  const text = parts.map((part) => (kindOf(part) === 'text' ? part.text : '')).join('')
  const unchanged =
    text === assistantText(message) &&
    parts.filter((part) => part.functionCall).length === calls.length &&
    parts.every(({ image }) => image === undefined || images[Number(image)] !== undefined)
  if (!unchanged) {
    scope.report.repaired(
      index,
      `messages[${index}]: the message was changed after Gemini wrote it, so its stored parts ` +
        '(code, server tools, thoughts) were left out.',
    )
    return undefined
  }
  let call = 0
  return parts.flatMap((part): Part[] => {
    if (part.thought && part.thoughtSignature === undefined) return []
    if (part.functionCall) return [mergePart(part, calls[call++])]
    return [part.image === undefined ? part : mergePart(part, images[Number(part.image)])]
  })
}

function mergePart({ image: _, ...stored }: Part, current: Part | undefined): Part {
  const fields: Fields = { ...stored, ...current }
  return fields
}
