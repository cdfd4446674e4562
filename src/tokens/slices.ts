import { bytesOf, classAt, DIGIT, isSettled, LETTER, MARK, SPACE } from './classes.js'

/**
 * Where to cut a text so that its parts can be tokenized one by one.
 *
 * Every BPE tokenizer first splits text into words and then merges inside each word, in time quadratic in the
 * word's length: 100 KB of one letter are one word, and block tiktoken for 13 s. So a run that never ends is cut
 * after some hundred bytes, which costs a token or so at each cut and makes the count inexact. Other cuts stand
 * only where the tokenizer splits anyway, and change nothing.
 */
export interface Slice {
  readonly start: number
  readonly end: number
  /** Length in UTF-8, about. */
  readonly bytes: number
  /** Whether the cut at its end goes through a word. Where none does, the slices' tokens are the text's tokens. */
  readonly forced: boolean
}

/**
 * The longest run of one kind, in UTF-8 bytes, that is given to the tokenizer whole (0.1 ms). After {@link PATIENCE}
 * cuts the text is no text, and its runs are cut shorter.
 */
export const MAX_RUN = 256
const SHORT_RUN = 128
const PATIENCE = 4

/** What a part aims at, in UTF-8 bytes: 4 ms of work on a slow core. */
export const SLICE = 8_192

const APOSTROPHE = 0x27

/** Slices of a text, in order, found as they are asked for. */
export function* slicesOf(text: string, sliceBytes = SLICE): Generator<Slice, void> {
  let start = 0
  let bytes = 0
  let run = 0
  let before = 0
  let longest = MAX_RUN
  let cuts = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    const now = classAt(text, index)
    const size = bytesOf(unit)
    run = continues(before, now, unit) ? run + size : size
    const forced = run > longest && !isLowSurrogate(unit)
    if (forced || (bytes >= sliceBytes && splitsHere(before, now, text, index))) {
      yield { start, end: index, bytes, forced }
      start = index
      bytes = 0
      if (forced) {
        run = size
        if (++cuts === PATIENCE) longest = SHORT_RUN
      }
    }
    bytes += size
    before = now
  }
  if (start < text.length) yield { start, end: text.length, bytes, forced: false }
}

/**
 * Whether a word may go on over the border of two characters. Digits never make a word longer than three; line ends
 * and slashes may follow punctuation in the same word, in any number.
 */
const continues = (before: number, now: number, unit: number): boolean => {
  if (before === 0 || now === DIGIT || before === DIGIT) return false
  if (before === now || now === MARK || before === MARK) return true
  return before !== LETTER && (unit === 0x0a || unit === 0x0d || unit === 0x2f)
}

/**
 * Both encodings start a word with a space that follows anything but space. They also end one after a letter or digit,
 * unless a letter, a mark or a contraction (`'s`) follows; that is relied on only where both characters are settled.
 */
const splitsHere = (before: number, now: number, text: string, index: number): boolean => {
  const unit = text.charCodeAt(index)
  if (unit === 0x20) return before !== SPACE
  if (before !== LETTER && before !== DIGIT) return false
  if (!(isSettled(text.charCodeAt(index - 1)) && isSettled(unit))) return false
  return before === DIGIT ? now !== DIGIT : now !== LETTER && now !== MARK && unit !== APOSTROPHE
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
