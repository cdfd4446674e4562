import type { Fields } from '../fields.js'
import { sendText } from './kept-json.js'

/**
 * A conversation grows at its end, and each call sends all of it. So the JSON of its turns is kept, and used again for the turns at the
 * front that are the same: comparing all values of a turn takes a tenth of the time of writing it. Turns are compared as they are sent,
 * after encoding, so that no change of the caller's and no other setting of a call is missed.
 */

/** Shorter conversations are not kept. */
const fewestTurns = 6
/** Longer or deeper turns end what is kept. */
const mostValues = 500_000
const mostLevels = 64

const fields = Symbol('fields')
const items = Symbol('items')
const end = Symbol('end')

/** The turns at the front of a conversation, as they were sent last. */
interface Front {
  /** All values of the turns in their order, without the objects that hold them: encoders make new ones for each call. */
  readonly values: unknown[]
  text: string
  /** Where each turn ends in `values`. */
  readonly valueEnds: number[]
  /** Where each turn ends in `text`. */
  readonly textEnds: number[]
  /** The turn after them is too long, or no plain JSON: writing it twice in each call would cost more than all others. */
  full: boolean
  misses: number
}

/** By the second message of the caller's: the first one is often the same in many conversations. */
const fronts = new WeakMap<object, Front | 'once'>()
/** So often may less than half of a conversation be the same, before it is not kept any more: writing it twice costs more. */
const mostMisses = 8
/** Characters of JSON that are kept of one conversation. */
const mostText = 2_000_000

/**
 * The turns for a body that is written by `writeJSON()`.
 * @param messages the caller's messages, by which a later call is found to continue the conversation
 */
export function keptTurns(messages: readonly unknown[], turns: readonly unknown[]): unknown {
  const key = messages[1]
  if (turns.length < fewestTurns || typeof key !== 'object' || key === null) return turns
  const front = fronts.get(key)
  if (front === undefined) {
    // most conversations of a gateway are read from a request, and never seen again
    fronts.set(key, 'once')
    return turns
  }
  if (front === 'once') {
    fronts.set(key, extend({ values: [], text: '', valueEnds: [], textEnds: [], full: false, misses: 0 }, turns, 0))
    return turns
  }
  if (front.misses > mostMisses) return turns
  const same = countSame(front, turns)
  if (same * 2 < turns.length) front.misses++
  const text = same === 0 ? '' : front.text.slice(0, front.textEnds[same - 1])
  // a conversation that was branched or cut goes on from there
  if (same < turns.length && !(front.full && same === front.valueEnds.length))
    extend(cut(front, same, text), turns, same)
  return same === 0 ? turns : new KeptTurns(text, turns, same)
}

/** How many turns at the front are the same. */
function countSame({ values, valueEnds }: Front, turns: readonly unknown[]): number {
  let at = 0
  const most = Math.min(turns.length, valueEnds.length)
  for (let count = 0; count < most; count++) {
    at = compare(turns[count], values, at)
    if (at < 0) return count
  }
  return most
}

function cut(front: Front, count: number, text: string): Front {
  if (count === front.valueEnds.length) return front
  front.values.length = count === 0 ? 0 : (front.valueEnds[count - 1] ?? 0)
  front.valueEnds.length = count
  front.textEnds.length = count
  front.text = text
  front.full = false
  return front
}

/** Adds turns until one is no plain JSON. */
function extend(front: Front, turns: readonly unknown[], from: number): Front {
  const { values, valueEnds, textEnds } = front
  const texts = [front.text]
  let { length } = front.text
  for (let at = from; at < turns.length; at++) {
    const before = values.length
    if (!note(turns[at], values, 0)) {
      values.length = before
      front.full = true
      break
    }
    const text = `${at > 0 ? ',' : ''}${JSON.stringify(turns[at])}`
    length += text.length
    if (length > mostText) {
      values.length = before
      front.full = true
      break
    }
    texts.push(text)
    valueEnds.push(values.length)
    textEnds.push(length)
  }
  front.text = texts.join('')
  return front
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function note(value: unknown, values: unknown[], level: number): boolean {
  if (typeof value !== 'object' || value === null) {
    values.push(value)
    return typeof value !== 'function' && typeof value !== 'bigint'
  }
  if (level > mostLevels || values.length > mostValues || 'toJSON' in value) return false
  if (Array.isArray(value)) {
    values.push(items, value.length)
    for (let at = 0; at < value.length; at++) if (!note(value[at], values, level + 1)) return false
    return true
  }
  if (!isPlain(value)) return false
  values.push(fields)
  for (const name in value) {
    values.push(name)
    if (!note((value as Fields)[name], values, level + 1)) return false
  }
  values.push(end)
  return true
}

/** @returns the place behind the value, or -1 if it differs */
function compare(value: unknown, values: readonly unknown[], from: number): number {
  let at = from
  if (typeof value !== 'object' || value === null) return value === values[at] ? at + 1 : -1
  if (Array.isArray(value)) {
    const { length } = value
    if (values[at++] !== items || values[at++] !== length) return -1
    for (let index = 0; index < length; index++) {
      at = compare(value[index], values, at)
      if (at < 0) return -1
    }
    return at
  }
  if (values[at++] !== fields || !isPlain(value)) return -1
  for (const name in value) {
    if (name !== values[at++]) return -1
    const field = (value as Fields)[name]
    if (typeof field !== 'object' || field === null) {
      if (field !== values[at++]) return -1
      continue
    }
    at = compare(field, values, at)
    if (at < 0) return -1
  }
  return values[at] === end ? at + 1 : -1
}

/** Turns whose first ones were written before. */
class KeptTurns {
  readonly #text: string
  readonly #turns: readonly unknown[]
  readonly #same: number

  constructor(text: string, turns: readonly unknown[], same: number) {
    this.#text = text
    this.#turns = turns
    this.#same = same
  }

  toJSON(): unknown {
    const mark = sendText(this.#text)
    return mark === undefined ? this.#turns : [mark, ...this.#turns.slice(this.#same)]
  }
}
