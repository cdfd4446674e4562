import type { Message } from '../types/messages.js'

/** Marks removed text. */
const mark = (characters: number): string => `\n[… ${characters} characters left out …]\n`

/**
 * Shortens a text to at most `length` characters, mark included, keeping its start and end: the topic of a text tends to
 * be at its start, the question or the error at its end.
 */
const cutMiddle = (text: string, length: number): string => {
  const marked = mark(text.length).length
  if (text.length <= Math.max(length, marked)) return text
  const room = Math.max(0, length - marked)
  const head = wholeBefore(text, Math.ceil(room / 2))
  const tail = wholeAfter(text, text.length - Math.floor(room / 2))
  return `${text.slice(0, head)}${mark(tail - head)}${text.slice(tail)}`
}

const isLow = (text: string, index: number): boolean => (text.charCodeAt(index) & 0xfc00) === 0xdc00

/** Avoids cutting a surrogate pair. */
const wholeBefore = (text: string, index: number): number => (isLow(text, index) ? index - 1 : index)
const wholeAfter = (text: string, index: number): number => (isLow(text, index) ? index + 1 : index)

/** Characters of a message that may be shortened: its text, not its tool calls, images or signed reasoning. */
export const textLength = ({ content }: Message): number => {
  if (typeof content === 'string') return content.length
  return (content ?? []).reduce((sum, part) => sum + (part.type === 'text' ? part.text.length : 0), 0)
}

/** A copy of a message with no more than `length` characters of text, its parts cut in proportion. */
export const shortenMessage = (message: Message, length: number): Message => {
  const { content } = message
  if (typeof content === 'string') return { ...message, content: cutMiddle(content, length) } as Message
  const whole = textLength(message)
  if (!Array.isArray(content) || whole <= length) return message
  const parts = content.map((part) =>
    part.type === 'text'
      ? { ...part, text: cutMiddle(part.text, Math.floor((part.text.length / whole) * length)) }
      : part,
  )
  return { ...message, content: parts } as Message
}
