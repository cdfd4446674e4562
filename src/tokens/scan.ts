import { classAt, DIGIT, LETTER, MARK, SPACE } from './classes.js'

/**
 * Estimates the result of a BPE tokenizer in one pass over the characters. The weights are tokens of o200k_base, fitted
 * to 900 texts (recorded prompts, answers and tool schemas, code, Markdown, JSON): the error is within 4 % for half of
 * them and within 14 % for 95 %. Characters / 4 has a median error of 17 % on the same texts. In 17 other languages most
 * texts are within 10 %; German, Turkish, Ukrainian and Polish are 20 to 30 % too low, Vietnamese 16 % too high.
 */
const WEIGHTS = {
  /** A run of Latin letters. */
  word: 0.95,
  /** Each of its letters from the 6th to the 12th. */
  longer: 0.07,
  /** Each of its letters beyond the 12th: identifiers, base64, "aaaa". */
  endless: 0.22,
  /** Each letter of it outside ASCII. */
  accent: 0.6,
  /** A capital after a small letter: `camelCase`. */
  camel: 1,
  /** Up to three digits. */
  digits: 1.25,
  /** Line ends and indentation; single spaces are part of the next word. */
  space: 0.75,
  /** A run of punctuation. */
  sign: 0.85,
  /** Each of its characters from the third on. */
  signs: 0.16,
  /** Letters of other scripts, each. */
  scripts: {
    greek: 0.39,
    cyrillic: 0.265,
    hebrew: 0.4,
    arabic: 0.36,
    indic: 0.37,
    thai: 0.42,
    han: 0.7,
    kana: 0.66,
    hangul: 0.63,
    other: 0.6,
    /** Half of a surrogate pair: emoji and the like. */
    pair: 0.8,
  },
} as const

type Script = keyof typeof WEIGHTS.scripts

/** First code unit beyond each range, ascending; `undefined` is Latin. */
const ranges: readonly (readonly [end: number, script: Script | undefined])[] = [
  [0x370, undefined],
  [0x400, 'greek'],
  [0x590, 'cyrillic'],
  [0x600, 'hebrew'],
  [0x780, 'arabic'],
  [0x900, 'other'],
  [0xe00, 'indic'],
  [0xf00, 'thai'],
  [0x1e00, 'other'],
  [0x1f00, undefined],
  [0x2000, 'greek'],
  [0x3040, 'other'],
  [0x3100, 'kana'],
  [0x3400, 'other'],
  [0xa000, 'han'],
  [0xac00, 'other'],
  [0xd7b0, 'hangul'],
  [0xd800, 'other'],
  [0xe000, 'pair'],
  [0xf900, 'other'],
  [0xfb00, 'han'],
  [0x10000, 'other'],
]

const scriptOf = (unit: number): Script | undefined => {
  for (const [end, script] of ranges) if (unit < end) return script
  return 'other'
}

/** Estimates the o200k_base tokens of a text in linear time, about 10 ms per megabyte. */
export const scanTokens = (text: string): number => {
  let tokens = 0
  let before = 0
  let run = 0
  let small = false
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    const kind = unit < 0x80 ? asciiClass(unit) : classAt(text, index) === MARK ? LETTER : classAt(text, index)
    run = kind === before ? run + 1 : 1
    if (kind === LETTER) tokens += letterTokens(unit, run, small)
    else if (kind === DIGIT) tokens += run % 3 === 1 ? WEIGHTS.digits : 0
    else if (kind === SPACE) tokens += spaceTokens(unit, run)
    else if (unit >= 0xd800 && unit < 0xe000) tokens += WEIGHTS.scripts.pair
    else if (run === 1) tokens += WEIGHTS.sign
    else if (run > 2) tokens += WEIGHTS.signs
    small = unit >= 0x61 && unit <= 0x7a
    before = kind
  }
  return tokens
}

const asciiClass = (unit: number): number => {
  if ((unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a)) return LETTER
  if (unit >= 0x30 && unit <= 0x39) return DIGIT
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) ? SPACE : 0
}

const letterTokens = (unit: number, run: number, afterSmall: boolean): number => {
  const script = unit < 0x80 ? undefined : scriptOf(unit)
  if (script) return WEIGHTS.scripts[script]
  let tokens = unit < 0x80 ? 0 : WEIGHTS.accent
  if (run === 1) tokens += WEIGHTS.word
  else if (run > 12) tokens += WEIGHTS.endless
  else if (run > 5) tokens += WEIGHTS.longer
  if (afterSmall && unit >= 0x41 && unit <= 0x5a) tokens += WEIGHTS.camel
  return tokens
}

/** The first line end or second space of a run makes it a token; very long runs cost more. */
const spaceTokens = (unit: number, run: number): number => {
  const lineEnd = unit === 0x0a || unit === 0x0d
  if (run === 1) return lineEnd ? WEIGHTS.space : 0
  if (run === 2) return lineEnd ? 0 : WEIGHTS.space
  return run > 16 ? 0.02 : 0
}
