import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Checker, isMap, type Section, show } from './checker.js'
import type { Path, Place } from './document.js'

/** A file with hooks. */
export interface HookFile {
  readonly kind: 'file'
  /** Absolute. */
  readonly file: string
  /** Line of the configuration, for messages. */
  readonly place: Place
}

export type HookSource = HookFile

/** `hooks`: files, relative to the file of the configuration that names them. */
export function readHooks(checker: Checker, sections: readonly Section[]): readonly HookSource[] {
  return sections.flatMap((section) => {
    const value = section.values.hooks
    const at = [...section.path, 'hooks']
    if (value === undefined || value === null || value === false) return []
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    return list.flatMap((entry, index) => readHook(checker, Array.isArray(value) ? [...at, index] : at, entry))
  })
}

function readHook(checker: Checker, path: Path, entry: unknown): HookSource[] {
  if (typeof entry === 'string') return readFile(checker, path, entry)
  checker.problem(path, `'hooks' must be files such as ./hooks.mjs; got ${isMap(entry) ? 'a map' : show(entry)}.`)
  return []
}

function readFile(checker: Checker, path: Path, name: string): HookSource[] {
  const place = checker.document.place(path)
  const file = resolve(dirname(place.file), name)
  if (!/\.(m?js|m?ts)$/.test(name)) {
    checker.problem(path, `A file of hooks must end in .mjs, .js, .mts or .ts; got ${show(name)}.`)
    return []
  }
  if (!existsSync(file)) {
    checker.problem(path, `The file of hooks does not exist: ${show(name)}.`)
    return []
  }
  return [{ kind: 'file', file, place }]
}
