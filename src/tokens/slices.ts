import { bytesOf, classAt, DIGIT, isSettled, LETTER, MARK, SPACE } from './classes.js'

/**
 * Splits a text into parts that can be tokenized one by one.
 *
 * BPE tokenizers split text into words and merge inside each word, in time quadratic in its length: 100 KB of one letter
 * are one word and block tiktoken for 13 s. Very long runs are therefore cut every few hundred bytes, which adds about a
 * token per cut and makes the count inexact. All other cuts coincide with the tokenizer's own splits and change nothing.
 */
export interface Slice {
  readonly start: number
  readonly end: number
  /** Approximate length in UTF-8 bytes. */
  readonly bytes: number
  /** True if the cut at its end splits a word. If none does, the sum over the slices is exact. */
  readonly forced: boolean
}

/**
 * The longest run of one kind, in UTF-8 bytes, that is tokenized uncut (0.1 ms). After {@link PATIENCE} cuts, runs are
 * cut shorter.
 */
export const MAX_RUN = 256
const SHORT_RUN = 128
const PATIENCE = 4

/** Target size of a part in UTF-8 bytes: 4 ms of work on a slow core. */
const SLICE = 8_192

const APOSTROPHE = 0x27

/** Generates the slices of a text in order. */
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
 * True if a word may continue across two characters. Digits never make a word longer than three; line ends
 * and slashes may follow punctuation in the same word, in any number.
 */
const continues = (before: number, now: number, unit: number): boolean => {
  if (before === 0 || now === DIGIT || before === DIGIT) return false
  if (before === now || now === MARK || before === MARK) return true
  return before !== LETTER && (unit === 0x0a || unit === 0x0d || unit === 0x2f)
}

/**
 * Both encodings start a word with a space that follows anything but space. They also end one after a letter or digit,
 * unless a letter, a mark or a contraction (`'s`) follows; that rule applies only to characters of a stable class.
 */
const splitsHere = (before: number, now: number, text: string, index: number): boolean => {
  const unit = text.charCodeAt(index)
  if (unit === 0x20) return before !== SPACE
  if (before !== LETTER && before !== DIGIT) return false
  if (!(isSettled(text.charCodeAt(index - 1)) && isSettled(unit))) return false
  return before === DIGIT ? now !== DIGIT : now !== LETTER && now !== MARK && unit !== APOSTROPHE
}

const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff
