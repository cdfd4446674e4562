/** Character class for the tokenizers' first step, which splits text into words before merging. */
export const OTHER = 1
export const LETTER = 2
export const MARK = 3
export const DIGIT = 4
export const SPACE = 5

export type CharClass = 1 | 2 | 3 | 4 | 5

/** Made with the first count: the properties of Unicode take a twentieth of an import. `\s` has U+FEFF and lacks U+0085, unlike the tokenizers'. */
const makePatterns = () => ({ letter: /^\p{L}$/u, mark: /^\p{M}$/u, digit: /^\p{N}$/u, space: /^\p{White_Space}$/u })
let patterns: ReturnType<typeof makePatterns> | undefined

const classify = (char: string): CharClass => {
  patterns ??= makePatterns()
  if (patterns.letter.test(char)) return LETTER
  if (patterns.digit.test(char)) return DIGIT
  if (patterns.mark.test(char)) return MARK
  return patterns.space.test(char) ? SPACE : OTHER
}

/**
 * Filled as characters are met: classifying all 65,536 up front takes longer than most counts. Made with the first of them too.
 */
let known = new Uint8Array(0)

/** The class of the UTF-16 unit at `index`. A low surrogate has the class of its pair. */
export const classAt = (text: string, index: number): CharClass => {
  const unit = text.charCodeAt(index)
  if (unit >= 0xd800 && unit <= 0xdfff) return classOfSurrogate(text, index, unit)
  const found = known[unit] as CharClass | 0 | undefined
  if (found) return found
  if (known.length === 0) known = new Uint8Array(65_536)
  const made = classify(String.fromCharCode(unit))
  known[unit] = made
  return made
}

const classOfSurrogate = (text: string, index: number, unit: number): CharClass => {
  const point = text.codePointAt(unit >= 0xdc00 && index > 0 ? index - 1 : index)
  return point === undefined || point < 0x10000 ? OTHER : classify(String.fromCodePoint(point))
}

/**
 * True if all versions of Unicode since 11 (2018) agree on the class of a UTF-16 unit. Node.js and the tokenizer use
 * different versions, and a letter of the newer one may be unassigned in the older.
 */
export const isSettled = (unit: number): boolean =>
  unit < 0x80 || SETTLED.some(([first, last]) => unit >= first && unit <= last)

/** Scripts up to Mandaic; punctuation; CJK's signs, kana and ideographs, before what later versions added; Hangul. */
const SETTLED: readonly (readonly [first: number, last: number])[] = [
  [0x80, 0x85f],
  [0x2010, 0x2064],
  [0x3000, 0x312e],
  [0x3400, 0x4db5],
  [0x4e00, 0x9fea],
  [0xac00, 0xd7a3],
  [0xff01, 0xffee],
]

/** Bytes that a UTF-16 unit takes in UTF-8. A surrogate pair has four: two for each half. */
export const bytesOf = (unit: number): number => {
  if (unit < 0x80) return 1
  if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) return 2
  return 3
}
