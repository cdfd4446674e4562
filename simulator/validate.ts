import type { Fault, ScriptOptions } from './fault.js'
import { isRecord } from './json.js'
import type { Reply } from './reply.js'

/** Checks scripts that come from JavaScript, so that a mistake is reported at its call and not as a strange response. */

const replyFields: Readonly<Record<keyof Reply, string>> = {
  text: 'string',
  reasoning: 'string',
  toolCalls: 'array',
  finishReason: 'string',
  usage: 'object or null',
  chunks: 'array',
  vectors: 'array',
  scores: 'array',
  delayMs: 'number',
  chunkDelayMs: 'number',
  raw: 'object',
  lineEnding: 'string',
  comments: 'boolean',
  finalBlankLine: 'boolean',
  endMark: 'boolean',
  writeBytes: 'number',
}

const faultKinds: Readonly<Record<Fault['kind'], true>> = {
  status: true,
  'slow-headers': true,
  'slow-first-token': true,
  silence: true,
  cut: true,
  end: true,
  'error-event': true,
  garbage: true,
  reset: true,
  redirect: true,
  huge: true,
}

const optionFields: Readonly<Record<keyof ScriptOptions, string>> = {
  times: 'number',
  model: 'string',
  wire: 'string',
}

/** @throws {TypeError} if the reply has an unknown field or a field of the wrong type */
export function checkReply(reply: unknown): void {
  if (typeof reply === 'string' || typeof reply === 'function') return
  if (!isRecord(reply)) throw new TypeError(`A reply must be a string, an object or a function; got ${show(reply)}.`)
  checkFields('reply', reply, replyFields)
  const { raw } = reply
  if (!isRecord(raw) || raw.events === undefined) return
  if (!Array.isArray(raw.events)) throw new TypeError(`'raw.events' must be an array; got ${show(raw.events)}.`)
  for (const [index, event] of raw.events.entries()) {
    if (typeof event === 'string' || isRecord(event)) continue
    throw new TypeError(`'raw.events[${index}]' must be a string or an object; got ${show(event)}.`)
  }
}

/** @throws {TypeError} if the fault is not an object with a known `kind` */
export function checkFault(fault: unknown): void {
  if (typeof fault === 'function') return
  if (!isRecord(fault)) throw new TypeError(`A fault must be an object or a function; got ${show(fault)}.`)
  if (typeof fault.kind === 'string' && Object.hasOwn(faultKinds, fault.kind)) return
  const kinds = Object.keys(faultKinds).join(', ')
  throw new TypeError(`'kind' of a fault must be one of ${kinds}; got ${show(fault.kind)}.`)
}

/** @throws {TypeError} if an option of `reply()` or `fail()` is unknown or of the wrong type */
export function checkScriptOptions(options: unknown): void {
  if (!isRecord(options)) throw new TypeError(`Script options must be an object; got ${show(options)}.`)
  checkFields('script option', options, optionFields)
}

function checkFields(subject: string, given: object, known: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(given)) {
    const type = Object.hasOwn(known, name) ? known[name] : undefined
    if (type === undefined) {
      throw new TypeError(`'${name}' is not a known ${subject} field. Known fields: ${Object.keys(known).join(', ')}.`)
    }
    if (value === undefined || isOf(type, value)) continue
    throw new TypeError(`'${name}' must be of type ${type}; got ${show(value)}.`)
  }
}

function isOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value)
    case 'object or null':
      return value === null || isRecord(value)
    default:
      return typeof value === type
  }
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`
  if (Array.isArray(value)) return 'an array'
  return isRecord(value) ? 'an object' : String(value)
}
