import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { operationList } from '../../src/operations/specs.js'

/** The list of docs/architecture.md, "A new operation". */

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const [, section = ''] = /### A new operation\n(.*?)\n## /s.exec(read('docs/architecture.md')) ?? []
const listed = [...section.matchAll(/^\| `([^`]+\.ts)`/gm)].map(([, path = '']) => path)

describe('the files of an operation', () => {
  it('are at most six', () => {
    expect(listed.length).toBeGreaterThan(3)
    expect(listed.length).toBeLessThanOrEqual(6)
  })

  it('are all files that name its types or its entry', () => {
    const names = /\bModeration(?:Params|Request|Response|Method)\b|^ {2}moderation: '\/|^export const moderation\b/m
    const found = ['src', 'providers'].flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
        // what is built on operations may know their types
        .filter((path) => path.endsWith('.ts') && !/\/(?:middleware|jobs)\b/.test(path) && names.test(read(path))),
    )
    expect(found.sort()).toEqual([...listed].sort())
  })

  it('give it a method of clients and Routers, a path and its parameters', () => {
    for (const { name, method, path, params } of operationList) {
      expect(path, name).toMatch(/^\/v1/)
      expect(method, name).toBe(name === 'chat' ? 'completion' : name)
      expect(params.has('model'), name).toBe(true)
    }
  })
})
