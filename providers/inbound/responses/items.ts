import type { Logprobs } from '../../../src/types/chat.js'
import type { Annotation } from '../../../src/types/messages.js'
import type {
  ResponsesCitation,
  ResponsesCustomToolCall,
  ResponsesFunctionCall,
  ResponsesLogprob,
  ResponsesMessage,
  ResponsesOutputItem,
  ResponsesOutputPart,
  ResponsesReasoningItem,
} from '../../../src/types/responses-items.js'
import { parseJSON } from '../../fields.js'

/** An event before it has its number. */
export type Unnumbered<Event> = Event extends unknown ? Omit<Event, 'sequence_number'> : never

export interface OpenReasoning {
  readonly kind: 'reasoning'
  readonly item: ResponsesReasoningItem
  readonly place: number
  text: string
}

export interface OpenMessage {
  readonly kind: 'message'
  readonly item: ResponsesMessage
  readonly place: number
}

export interface OpenCall {
  readonly kind: 'call'
  readonly item: (ResponsesFunctionCall | ResponsesCustomToolCall) & { id: string; namespace?: string }
  readonly place: number
  /** Arguments of the chat function so far. */
  text: string
}

export const placeOf = ({ item, place }: OpenMessage) => ({
  item_id: item.id,
  output_index: place,
  content_index: Math.max(0, item.content.length - 1),
})

export const isJSON = ({ text }: OpenCall): boolean => parseJSON(text) !== undefined

export const callPlace = ({ item, place }: OpenCall) => ({ item_id: item.id, output_index: place })

export const copyOf = (part: ResponsesOutputPart): ResponsesOutputPart =>
  part.type === 'refusal' ? { ...part } : { ...part, annotations: [...part.annotations] }

/** An item as it is now: the item itself goes on growing. */
export function snapshotOf(item: ResponsesOutputItem): ResponsesOutputItem {
  switch (item.type) {
    case 'message':
      return { ...item, content: item.content.map(copyOf) }
    case 'reasoning':
      return { ...item, summary: item.summary.map((part) => ({ ...part })) }
    default:
      return { ...item }
  }
}

/** Chat has null for tokens without bytes, this API an empty list. */
export const tokensOf = (tokens: NonNullable<Logprobs['content']>): ResponsesLogprob[] =>
  tokens.map(({ token, bytes, logprob, top_logprobs }) => ({
    token,
    bytes: bytes ?? [],
    logprob,
    top_logprobs: top_logprobs.map((top) => ({ ...top, bytes: top.bytes ?? [] })),
  }))

/** A citation with positions in the text of its own part, which begins at `start`. */
export const citationOf = ({ url_citation: note }: Annotation, start: number): ResponsesCitation => ({
  type: 'url_citation',
  url: note.url,
  title: note.title,
  start_index: Math.max(0, note.start_index - start),
  end_index: Math.max(0, note.end_index - start),
})
