import { type Fields, isFields } from '../fields.js'

/** Events before the first is taken as a pattern: short streams would not get back what it costs. */
const before = 6
/** Misses in a row after which a stream is not compared any more: hosts with fields that always differ would pay for nothing. */
const mostMisses = 8
/** Patterns of one stream: counters begin to differ one after the other, and events may get a field in the middle of a stream. */
const mostPatterns = 8

/** A value that differs between events, and the fixed text between it and the next hole or the text of the event. */
interface Hole {
  /** The inside of a string. False for a number. */
  readonly quoted: boolean
  readonly between: string
}

/**
 * Matches the values of fields that may differ between events that are alike: whole numbers, and strings without escapes.
 * @param names of the fields
 */
export const valuesOf = (...names: string[]): RegExp =>
  new RegExp(`(?<="(?:${names.join('|')})": ?)(?:"[^"\\\\]*"|\\d+)(?=[,}])`, 'g')

/**
 * Reads events of a stream that differ in one text, and in fields of no interest such as padding. Most events of an answer are alike, and
 * a comparison with the last one costs a third of parsing it. An event is read from its pattern only if it is the same document except
 * for those values; all others are parsed.
 */
export class RepeatedEvent {
  readonly #name: string
  /** Removes and returns the text of a parsed event, and removes the fields that may differ. */
  readonly #take: (event: Fields) => unknown
  readonly #values: RegExp | undefined
  #head = ''
  #tail = ''
  /** Holes before the text, in order, and after it, from the end. Most events have none. */
  #early: readonly Hole[] | undefined
  #late: readonly Hole[] | undefined
  /** The values of the learned event that may differ, and those of them that did. */
  #sample: readonly string[] = none
  #differed: ReadonlySet<number> | undefined
  #seen = 0
  #misses = 0
  #patterns = 0

  /**
   * @param name of the field with the text
   * @param values that may differ: `valuesOf()`
   */
  constructor(name: string, take: (event: Fields) => unknown, values?: RegExp) {
    this.#name = name
    this.#take = take
    this.#values = values
  }

  /** The text of an event that is like the learned one; undefined if it must be parsed. */
  match(data: string): string | undefined {
    if (this.#head === '') return undefined
    const text = this.#read(data)
    if (text !== undefined) this.#misses = 0
    else if (++this.#misses >= mostMisses) this.#head = ''
    return text
  }

  #read(data: string): string | undefined {
    const head = this.#head
    const tail = this.#tail
    let from = head.length
    let end = data.length - tail.length
    // slices are compared as memory; startsWith() reads one character after the other, which took longer than parsing
    if (end <= from || data.slice(0, from) !== head || data.slice(end) !== tail) return undefined
    if (this.#early)
      for (const { quoted, between } of this.#early) {
        const start = quoted ? stringEnd(data, from, end) : numberEnd(data, from, end)
        from = start + between.length
        if (start < 0 || from >= end || data.slice(start, from) !== between) return undefined
      }
    if (this.#late)
      for (const { quoted, between } of this.#late) {
        const stop = quoted ? stringStart(data, end, from) : numberStart(data, end, from)
        end = stop - between.length
        if (end <= from || data.slice(end, stop) !== between) return undefined
      }
    const text = data.slice(from, end)
    return special.test(text) ? unescaped(text) : text
  }

  /** Takes an event, whose text is this one, as the pattern. @returns true if it is the pattern now */
  learn(data: string, text: string): boolean {
    if (++this.#seen < before || this.#patterns >= mostPatterns || this.#misses >= mostMisses) return false
    if (special.test(text)) return false
    for (const field of [`"${this.#name}":"`, `"${this.#name}": "`]) {
      const at = data.indexOf(`${field}${text}"`)
      if (at >= 0 && this.#learnAt(data, at + field.length, text.length)) return true
    }
    return false
  }

  #learnAt(data: string, start: number, length: number): boolean {
    this.#patterns++
    const values = this.#values ? [...data.matchAll(this.#values)] : none
    const sample = values.map(([value]) => copied(value))
    const differed = new Set(sample.length === this.#sample.length ? this.#differed : undefined)
    if (sample.length === this.#sample.length)
      for (let at = 0; at < sample.length; at++) if (sample[at] !== this.#sample[at]) differed.add(at)
    this.#sample = sample
    this.#differed = differed.size > 0 ? differed : undefined
    const pieces: string[] = []
    const early: boolean[] = []
    const late: boolean[] = []
    let from = 0
    let holes = early
    const cut = (at: number, to: number) => {
      pieces.push(copied(data.slice(from, at)))
      from = to
    }
    const cutText = () => {
      cut(start, start + length)
      holes = late
    }
    for (const [at, { 0: value, index }] of values.entries()) {
      if (!differed.has(at)) continue
      if (holes === early && index > start) cutText()
      const quoted = value.startsWith('"')
      holes.push(quoted)
      if (quoted) cut(index + 1, index + value.length - 1)
      else cut(index, index + value.length)
    }
    if (holes === early) cutText()
    pieces.push(copied(data.slice(from)))
    // the same text or field may be elsewhere in the event too: the pattern must change the right ones
    const probes = [...early.map(probeOf), probe, ...late.map(probeOf)]
    const event = parsed(pieces.map((piece, at) => piece + (probes[at] ?? '')).join(''))
    if (!isFields(event) || this.#take(event) !== probe) return false
    const rest = JSON.stringify(event)
    if (rest.includes(probe) || rest.includes(probeNumber)) return false
    const hole = (at: number, quoted: boolean): Hole => ({ quoted, between: pieces[at] ?? '' })
    this.#head = pieces[0] ?? ''
    this.#tail = pieces.at(-1) ?? ''
    this.#early = early.length > 0 ? early.map((quoted, at) => hole(at + 1, quoted)) : undefined
    this.#late = late.length > 0 ? late.map((quoted, at) => hole(early.length + 1 + at, quoted)).reverse() : undefined
    return true
  }
}

/** A text of its own: a slice keeps the packet that it was cut from. */
const copied = (text: string): string => ` ${text}`.slice(1)

const none: readonly never[] = Object.freeze([])

const probe = '\u2592'
const probeNumber = '918273645546372'
const probeOf = (quoted: boolean): string => (quoted ? probe : probeNumber)

/** Characters that a JSON string has in escaped form only. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they end or break a JSON string
const special = /["\\\u0000-\u001f]/

/** Undefined if it is not the inside of one JSON string. */
function unescaped(text: string): string | undefined {
  const value = parsed(`"${text}"`)
  return typeof value === 'string' ? value : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const quote = 34
const backslash = 92
const zero = 48
const nine = 57
/** Numbers with more digits may not be exact. */
const mostDigits = 15

/** The end of the string that a value begins; -1 if it has an escape, or no end. */
function stringEnd(data: string, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = data.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash || code < 32) return -1
  }
  return -1
}

function stringStart(data: string, end: number, from: number): number {
  for (let at = end; at > from; at--) {
    const code = data.charCodeAt(at - 1)
    if (code === quote) return at
    if (code === backslash || code < 32) return -1
  }
  return -1
}

function numberEnd(data: string, from: number, end: number): number {
  let at = from
  while (at < end && isDigit(data.charCodeAt(at))) at++
  return isNumber(data, from, at) ? at : -1
}

function numberStart(data: string, end: number, from: number): number {
  let at = end
  while (at > from && isDigit(data.charCodeAt(at - 1))) at--
  return isNumber(data, at, end) ? at : -1
}

const isDigit = (code: number): boolean => code >= zero && code <= nine

function isNumber(data: string, from: number, to: number): boolean {
  const digits = to - from
  return digits > 0 && digits <= mostDigits && (digits === 1 || data.charCodeAt(from) !== zero)
}
