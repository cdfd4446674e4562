import type { ResponsesEvent } from '../types/responses.js'

type Fields = Record<string, unknown>

const onContent = /^response\.(?:content_part|output_text|refusal|reasoning_text)\./

/**
 * Completes the events of servers that leave out numbers and lists which OpenAI's SDK reads (llama.cpp): `sequence_number`, `output_index`,
 * `content_index`, and the `output` of a response that begins. Complete events stay as they are.
 */
export function eventCompleter(): (event: ResponsesEvent) => ResponsesEvent {
  let next = 0
  /** Output items by id: their position, and the number of their parts. */
  const items = new Map<unknown, { index: number; parts: number }>()
  return (event) => {
    const { sequence_number: number } = event
    const isComplete = typeof number === 'number' && (!('response' in event) || Array.isArray(event.response?.output))
    if (isComplete) {
      next = number + 1
      return event
    }
    const made: Fields = { ...event, sequence_number: number ?? next }
    next = (made.sequence_number as number) + 1
    const { type, response, item, item_id: given } = made as Fields & { type: string; response?: Fields; item?: Fields }
    if (response && !Array.isArray(response.output)) made.response = { ...response, output: [] }
    const id = item?.id ?? given
    if (id === undefined) return made as unknown as ResponsesEvent
    const place = items.get(id) ?? { index: items.size, parts: 0 }
    items.set(id, place)
    made.output_index ??= place.index
    if (type === 'response.content_part.added') place.parts++
    if (onContent.test(type)) made.content_index ??= Math.max(0, place.parts - 1)
    return made as unknown as ResponsesEvent
  }
}
