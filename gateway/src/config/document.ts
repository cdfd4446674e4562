import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLParseError,
} from 'yaml'

/** Keys and indexes from the root of a file. */
export type Path = readonly (string | number)[]

/** A place in a file, for messages. */
export interface Place {
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** The values of a configuration file and of the files that it includes. */
export interface ConfigDocument {
  readonly value: Readonly<Record<string, unknown>>
  /** Keys that are written again in the same map. The last value counts, as in LiteLLM. */
  readonly repeated: readonly Repeated[]
  /** Place of a key or list entry; the nearest known one above it otherwise. */
  place(path: Path): Place
}

/** A value without effect: its key is written again. */
export interface Repeated {
  readonly path: Path
  readonly place: Place
  /** Line of the value that counts. */
  readonly line: number
}

/** A file that isn't YAML, or can't be read. */
export class ConfigSyntaxError extends Error {
  override readonly name = 'ConfigSyntaxError'

  constructor(
    message: string,
    readonly place: Place,
  ) {
    super(message)
  }
}

/** Most files of one configuration. */
const maxFiles = 64

/**
 * Reads a YAML file with its `include`s. Lists of included files are appended; other keys of the including file win.
 * @throws {ConfigSyntaxError}
 */
export function readDocument(file: string): ConfigDocument {
  const found: Found = { places: new Map(), repeated: [] }
  const value = readFile(file, found, [])
  return { value, repeated: found.repeated, place: (path) => placeOf(path, found.places, file) }
}

/** The same from text, with a name for messages. Its `include`s are relative to the working directory. */
export function parseConfigText(text: string, file = 'config.yaml'): ConfigDocument {
  const found: Found = { places: new Map(), repeated: [] }
  const value = parse(text, file, found, [])
  return { value, repeated: found.repeated, place: (path) => placeOf(path, found.places, file) }
}

/** Facts about the text of a file. */
interface Found {
  readonly places: Map<string, Place>
  readonly repeated: Repeated[]
}

function readFile(file: string, found: Found, above: readonly string[]): Record<string, unknown> {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigSyntaxError(`The file can't be read: ${reason}.`, { file, line: 1 })
  }
  return parse(decode(bytes, file), file, found, above)
}

function decode(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const lines = bytes.toString('utf8').split('\n')
  const line = lines.findIndex((text) => text.includes('\ufffd')) + 1
  throw new ConfigSyntaxError('The file must be text in UTF-8; this line has other bytes.', { file, line: line || 1 })
}

function parse(text: string, file: string, { places, repeated }: Found, above: readonly string[]) {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, uniqueKeys: false })
  const [problem] = document.errors
  if (problem) {
    const line = lines.linePos(problem.pos[0]).line
    throw new ConfigSyntaxError(syntaxMessage(problem, text), { file, line })
  }
  // a file that is just being written must not take away all models with a reload
  if (document.contents === null && above.length === 0)
    throw new ConfigSyntaxError('The file is empty. A configuration without settings is {}.', { file, line: 1 })
  let root: unknown
  try {
    root = document.toJS({ maxAliasCount: 1000 }) ?? {}
  } catch (error) {
    // aliases that multiply each other, or that nothing has named
    const reason = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    throw new ConfigSyntaxError(`The aliases of the file can't be resolved: ${reason}.`, { file, line: 1 })
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root)) {
    throw new ConfigSyntaxError("The file must be a map with keys such as 'model_list'.", { file, line: 1 })
  }
  const own = new Map<string, Place>()
  const placeAt = (at: number) => ({ file, line: lines.linePos(at).line })
  if (document.contents) record(document.contents, [], { places: own, repeated }, placeAt)
  const value = root as Record<string, unknown>
  const included = includesOf(value, file, own, { places, repeated }, above)
  for (const [key, place] of own) places.set(key, place)
  return { ...included, ...value }
}

function syntaxMessage({ code, message }: YAMLParseError, text: string): string {
  if (code === 'MULTIPLE_DOCS') return 'The file must be one YAML document; another one begins here.'
  const hint = text.includes('{{') ? ' It looks like a template: check the file that is made of it.' : ''
  return `The file is not valid YAML: ${message.replace(/\.$/, '')}.${hint}`
}

/** Merges the included files into `value` as far as lists are concerned, and returns the rest of them. */
function includesOf(
  value: Record<string, unknown>,
  file: string,
  own: Map<string, Place>,
  { places, repeated }: Found,
  above: readonly string[],
): Record<string, unknown> {
  const { include } = value
  if (include === undefined || include === null) return {}
  const names = Array.isArray(include) ? include : [include]
  const rest: Record<string, unknown> = {}
  for (const [index, name] of names.entries()) {
    const place = own.get(keyOf(['include', index])) ?? own.get(keyOf(['include'])) ?? { file, line: 1 }
    if (typeof name !== 'string') throw new ConfigSyntaxError("'include' must be a list of file names.", place)
    const path = resolve(dirname(file), name)
    if (above.includes(path) || path === resolve(file)) throw new ConfigSyntaxError(`'${name}' includes itself.`, place)
    if (above.length >= maxFiles) throw new ConfigSyntaxError(`More than ${maxFiles} files include each other.`, place)
    const found = new Map<string, Place>()
    const other = readFile(path, { places: found, repeated }, [...above, resolve(file)])
    for (const [key, theirs] of Object.entries(other)) {
      if (key === 'include') continue
      const mine = value[key] ?? rest[key]
      const lists = Array.isArray(mine) && Array.isArray(theirs)
      const shift = lists ? mine.length : 0
      if (mine !== undefined && !lists) continue
      for (const [at, where] of found) {
        const [first, second, ...below] = JSON.parse(at) as [string, ...(string | number)[]]
        if (first !== key) continue
        const moved = typeof second === 'number' ? [first, second + shift, ...below] : JSON.parse(at)
        places.set(keyOf(moved), where)
      }
      if (lists && key in value) value[key] = [...mine, ...theirs]
      else rest[key] = lists ? [...mine, ...theirs] : theirs
    }
  }
  return rest
}

const keyOf = (path: Path) => JSON.stringify(path)

function placeOf(path: Path, places: Map<string, Place>, file: string): Place {
  for (let length = path.length; length > 0; length--) {
    const found = places.get(keyOf(path.slice(0, length)))
    if (found) return found
  }
  return { file, line: 1 }
}

/** Records the place of every key and entry below a node, and keys that are written twice. */
function record(node: unknown, path: Path, into: Found, place: (offset: number) => Place): void {
  if (isAlias(node) || !node) return
  const start = (one: unknown) => (one as Node | null)?.range?.[0]
  if (isMap(node)) {
    const seen = new Map<string, Place>()
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue
      const key = String(pair.key.value)
      const below = [...path, key]
      const at = start(pair.key)
      if (at !== undefined) {
        const here = place(at)
        const before = seen.get(key)
        if (before && key !== '<<') into.repeated.push({ path: below, place: before, line: here.line })
        seen.set(key, here)
        into.places.set(keyOf(below), here)
      }
      record(pair.value, below, into, place)
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const below = [...path, index]
      const at = start(item)
      if (at !== undefined) into.places.set(keyOf(below), place(at))
      record(item, below, into, place)
    }
  }
}
