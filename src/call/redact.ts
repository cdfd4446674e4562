import { base64, concat, fromUtf8 } from '../platform/index.js'
/** Replaces credentials in a text, also if they are escaped (JSON, URL, HTML, several times) or encoded (base64, hexadecimal). */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = secrets.filter((secret) => secret.length >= minLength).flatMap(formsOf)
  if (forms.length === 0 || text === '') return text
  const found: Range[] = []
  let level: Unescaped | undefined = { text, starts: undefined }
  for (let depth = 0; level && depth <= maxDepth; depth++) {
    for (const form of forms) collect(level, form, found)
    level = unescapeOnce(level)
  }
  return found.length === 0 ? text : replaced(text, found)
}

/** Shorter values would match by chance. */
const minLength = 4
/** Escapes within escapes, such as JSON in a JSON string in a query. */
const maxDepth = 4

type Range = readonly [start: number, end: number]

/** A text, and the position in the original text of each of its characters and of its end. Undefined for the original itself. */
interface Unescaped {
  readonly text: string
  readonly starts: readonly number[] | undefined
}

function collect({ text, starts }: Unescaped, form: string, found: Range[]): void {
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
    const end = at + form.length
    found.push(starts ? [starts[at] ?? 0, starts[end] ?? 0] : [at, end])
  }
}

function replaced(text: string, found: Range[]): string {
  found.sort(([a], [b]) => a - b)
  let out = ''
  let at = 0
  for (const [start, end] of found) {
    if (end <= at) continue
    // overlapping matches are one
    if (start >= at) out += `${text.slice(at, start)}[redacted]`
    at = end
  }
  return out + text.slice(at)
}

/** Escapes of JSON and JavaScript, URLs, and HTML. */
const escapes =
  /\\(?:u([0-9a-f]{4})|x([0-9a-f]{2})|([\\/"'bfnrt]))|%([0-9a-f]{2})|&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos|sol|plus|equals));/gi

const named: Readonly<Record<string, string>> = {
  ...{ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", sol: '/', plus: '+', equals: '=' },
}

/** Undoes one level of escaping. Undefined if there is none. */
function unescapeOnce({ text, starts }: Unescaped): Unescaped | undefined {
  let out = ''
  const positions: number[] = []
  let at = 0
  const copy = (end: number) => {
    for (let index = at; index < end; index++) positions.push(starts ? (starts[index] ?? 0) : index)
    out += text.slice(at, end)
  }
  for (const match of text.matchAll(escapes)) {
    const [whole, u, x, simple, percent, hex, decimal, entity] = match
    const code = u ?? x ?? percent ?? hex
    const point = code !== undefined ? Number.parseInt(code, 16) : decimal !== undefined ? Number(decimal) : undefined
    const character =
      point === undefined ? nameOf(simple ?? entity ?? '') : point <= 0x10ffff ? String.fromCodePoint(point) : whole
    copy(match.index)
    const start = starts ? (starts[match.index] ?? 0) : match.index
    for (let unit = 0; unit < character.length; unit++) positions.push(start)
    out += character
    at = match.index + whole.length
  }
  if (at === 0) return undefined
  copy(text.length)
  positions.push(starts ? (starts[text.length] ?? 0) : text.length)
  return { text: out, starts: positions }
}

const nameOf = (name: string): string => named[name.toLowerCase()] ?? name

/** A secret itself, percent-encoded as UTF-8, in hexadecimal, and in base64 at each offset within a longer text. */
function formsOf(secret: string): string[] {
  const bytes = fromUtf8(secret)
  const forms = new Set([secret, new URLSearchParams([['', secret]]).toString().slice(1)])
  // bytes beyond ASCII are unescaped one by one
  if (bytes.length !== secret.length) forms.add(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  if (bytes.length >= minEncodedBytes) {
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
    forms.add(hex).add(hex.toUpperCase())
    for (const offset of [0, 1, 2]) {
      const encoded = base64(concat([new Uint8Array(offset), bytes]))
      // the first and last characters also depend on the neighbouring text
      const inner = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
      forms.add(inner).add(inner.replaceAll('+', '-').replaceAll('/', '_'))
    }
  }
  return [...forms]
}

const minEncodedBytes = 6
