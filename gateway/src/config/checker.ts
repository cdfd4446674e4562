import * as z from 'zod'
import type { ConfigDocument, Path, Place } from './document.js'
import type { KeyTable, Kind, Treatment } from './key-table.js'
import { sections } from './keys.js'
import { nearest } from './suggest.js'

/** One line of the report of `llmux-gateway check`. */
export interface ConfigLine extends Place {
  /** Path in the document, such as `model_list[2].litellm_params.model`. */
  readonly path: string
  /** `unset`: refers to an environment variable that isn't set. */
  readonly treatment: Treatment | 'unset'
  /** Effect of the line, or the reason why it has none. */
  readonly note: string
}

/** A reason why the gateway can't start with a configuration. */
export interface ConfigProblem extends Place {
  /** Path in the document; empty for a syntax error. */
  readonly path: string
  /** The required value, the given one and the remedy. */
  readonly message: string
}

/** A configuration that can't be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  /** @param lines treatment of the lines that could be read */
  constructor(
    readonly problems: readonly ConfigProblem[],
    readonly lines: readonly ConfigLine[] = [],
  ) {
    super(problems.map(showProblem).join('\n'))
  }
}

export const showProblem = ({ file, line, message }: ConfigProblem) => `${file}:${line}: ${message}`

/** `model_list[2].litellm_params.model` */
export const showPath = (path: Path) =>
  path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? part : `${text}.${part}`),
    '',
  )

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const reference = 'os.environ/'

// a quoted number or boolean is as good as a bare one: values of environment variables are always text
/** Numbers and booleans in quotes, and those of YAML 1.1, which LiteLLM reads: `20_000`, `yes`. */
const fromText = (value: unknown) =>
  typeof value === 'string' && /^-?\d[\d_]*(\.\d[\d_]*)?(e-?\d+)?$/i.test(value.trim())
    ? Number(value.replaceAll('_', ''))
    : value
const toFlag = (value: unknown) =>
  typeof value === 'string' && /^(true|false|yes|no|on|off)$/i.test(value) ? /^(true|yes|on)$/i.test(value) : value
const toText = (value: unknown) => (typeof value === 'number' ? String(value) : value)
const toList = (value: unknown) => (typeof value === 'string' ? [value] : value)

const kinds: Readonly<Record<Kind, { readonly schema: z.ZodType; readonly form: string }>> = {
  text: { schema: z.preprocess(toText, z.string().min(1)), form: 'a text' },
  number: { schema: z.preprocess(fromText, z.number().min(0)), form: 'a number of 0 or more' },
  whole: { schema: z.preprocess(fromText, z.int().min(0)), form: 'a whole number of 0 or more' },
  flag: { schema: z.preprocess(toFlag, z.boolean()), form: 'true or false' },
  texts: { schema: z.preprocess(toList, z.array(z.preprocess(toText, z.string()))), form: 'a list of texts' },
  map: { schema: z.record(z.string(), z.unknown()), form: 'a map' },
  list: { schema: z.array(z.unknown()), form: 'a list' },
  any: { schema: z.unknown(), form: 'any value' },
}

/** Checks sections of a document, and collects problems and lines of the report. */
export class Checker {
  readonly problems: ConfigProblem[] = []
  readonly lines: ConfigLine[] = []

  constructor(
    readonly document: ConfigDocument,
    readonly environment: Readonly<Record<string, string | undefined>>,
  ) {}

  problem(path: Path, message: string): void {
    this.problems.push({ ...this.document.place(path), path: showPath(path), message })
  }

  line(path: Path, treatment: ConfigLine['treatment'], note: string): void {
    this.lines.push({ ...this.document.place(path), path: showPath(path), treatment, note })
  }

  /**
   * The values of a section, checked against the table of its keys. Refused and ignored keys are left out.
   * @param options.open keys outside of the table are kept: they are parameters of a provider
   * @param options.nested keys of sections that are checked apart
   */
  section(
    path: Path,
    value: unknown,
    table: KeyTable,
    options: { readonly open?: boolean; readonly nested?: readonly string[] } = {},
  ): Section {
    if (value === undefined || value === null) return new Section(path, {})
    if (!isMap(value)) {
      this.problem(path, `'${showPath(path)}' must be a map; got ${show(value)}.`)
      return new Section(path, {})
    }
    const found: Record<string, unknown> = {}
    for (const [key, given] of Object.entries(value)) {
      const at = [...path, key]
      const rule = Object.hasOwn(table, key) ? table[key] : undefined
      if (!rule) {
        this.#unknown(at, key, table, options.open === true)
        if (options.open === true) found[key] = this.resolve(at, given)
        continue
      }
      if (given === null || given === undefined) continue
      if (rule.treatment === 'refused') {
        // a refused feature that is switched off asks for nothing
        if (given === false || (Array.isArray(given) && given.length === 0)) continue
        this.problem(at, `'${showPath(at)}' is not supported. ${rule.note}`)
        this.line(at, 'refused', rule.note)
        continue
      }
      if (rule.treatment === 'ignored') {
        this.line(at, 'ignored', rule.note)
        continue
      }
      // sections of their own are resolved when they are read
      const resolved = options.nested?.includes(key) ? given : this.resolve(at, given)
      if (resolved === undefined) continue
      const { schema, form } = kinds[rule.kind]
      const checked = schema.safeParse(resolved)
      if (!checked.success) {
        this.problem(at, `'${showPath(at)}' must be ${form}; got ${show(resolved)}.`)
        continue
      }
      found[key] = checked.data
      const danger = rule.treatment === 'dangerous' && checked.data !== false
      this.line(at, danger ? 'dangerous' : 'honoured', rule.note)
    }
    return new Section(path, found)
  }

  #unknown(at: Path, key: string, table: KeyTable, open: boolean): void {
    const home = open ? undefined : sectionOf(key)
    if (home) return this.line(at, 'ignored', `Has no effect here: it belongs to \`${home}\`.`)
    const suggestion = nearest(key, Object.keys(table))
    const name = `'${showPath(at)}'`
    if (suggestion) this.problem(at, `${name} is not a known key. Did you mean '${suggestion}'?`)
    else if (open) this.line(at, 'honoured', 'A parameter of the model, sent with each call.')
    else this.line(at, 'ignored', 'Not a key of LiteLLM, as far as known.')
  }

  /** Replaces `os.environ/NAME`, also within lists and maps. A variable that is not set gives undefined. */
  resolve(path: Path, value: unknown): unknown {
    if (typeof value === 'string') {
      if (!value.startsWith(reference)) return value
      const name = value.slice(reference.length)
      const found = this.environment[name]
      if (found === undefined || found === '') {
        this.line(path, 'unset', `The environment variable ${name} is not set.`)
        return undefined
      }
      return found
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => this.resolve([...path, index], item)).filter((item) => item !== undefined)
    }
    if (!isMap(value)) return value
    const found: Record<string, unknown> = {}
    for (const [key, item] of Object.entries(value)) {
      const resolved = this.resolve([...path, key], item)
      if (resolved !== undefined) found[key] = resolved
    }
    return found
  }

  /** @throws {ConfigError} if there are problems */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems, this.lines)
  }
}

/** The checked values of a section. */
export class Section {
  constructor(
    readonly path: Path,
    readonly values: Readonly<Record<string, unknown>>,
  ) {}

  has(key: string): boolean {
    return this.values[key] !== undefined
  }

  text(key: string): string | undefined {
    const value = this.values[key]
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
  }

  number(key: string): number | undefined {
    const value = fromText(this.values[key])
    return typeof value === 'number' ? value : undefined
  }

  flag(key: string): boolean | undefined {
    const value = toFlag(this.values[key])
    return typeof value === 'boolean' ? value : undefined
  }

  texts(key: string): readonly string[] | undefined {
    const value = this.values[key]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined
  }

  map(key: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.values[key]
    return isMap(value) ? value : undefined
  }

  list(key: string): readonly unknown[] | undefined {
    const value = this.values[key]
    return Array.isArray(value) ? value : undefined
  }

  /** Seconds in milliseconds. */
  milliseconds(key: string): number | undefined {
    const value = this.number(key)
    return value === undefined ? undefined : Math.round(value * 1000)
  }
}

/** The section that has a key. */
const sectionOf = (key: string) =>
  Object.entries(sections).find(([, keys]) => Object.hasOwn(keys, key) && keys[key]?.treatment !== 'ignored')?.[0]

export function show(value: unknown): string {
  if (typeof value === 'string') return value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`
  if (Array.isArray(value)) return 'a list'
  if (isMap(value)) return 'a map'
  return value === undefined ? 'nothing' : String(value)
}
