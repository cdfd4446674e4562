import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../src/call/call.js'
import * as errors from '../../src/errors.js'
import { readPage } from './blocks.js'

/** Tables on the pages, held against the code that they describe. */

/** The rows of every table on a page, as lists of cells without their back-quotes. */
function rowsOf(page: string): string[][] {
  return [...readPage(page).matchAll(/^\| (.*) \|$/gm)]
    .map((match) => (match[1] ?? '').split(' | ').map((cell) => cell.trim().replaceAll('`', '')))
    .filter(([first]) => first !== undefined && !/^-+$/.test(first))
}

interface ErrorRow {
  readonly name: string
  readonly code: string
  readonly retryable: boolean
}

/** What the classes themselves say. */
const classes: ErrorRow[] = Object.values(errors)
  .filter((value) => typeof value === 'function' && value !== errors.LLMError)
  .map((Class) => {
    const details = { params: [], phase: 'total', issues: [] } as const
    const error: errors.LLMError = Reflect.construct(Class, ['message', details])
    return { name: error.name, code: error.code, retryable: error.retryable }
  })
const names = classes.map(({ name }) => name).sort()

const errorRows = (page: string) => rowsOf(page).filter(([name]) => name !== undefined && names.includes(name))

describe('the table of errors', () => {
  it('of README.md has every class with its code', () => {
    const rows = errorRows('README.md')
    expect(rows.map(([name]) => name).sort()).toEqual(names)
    for (const [name, code, , retried] of rows) {
      const found = classes.find((one) => one.name === name)
      expect([name, code]).toEqual([name, found?.code])
      expect(`${name}: ${retried?.startsWith('yes') || retried?.startsWith('before')}`).toBe(
        `${name}: ${found?.retryable}`,
      )
    }
  })

  it('of docs/errors.md has every class with its code and whether it is retryable', () => {
    const rows = errorRows('docs/errors.md')
    expect(rows.map(([name]) => name).sort()).toEqual(names)
    for (const [name, code, retryable] of rows) {
      const found = classes.find((one) => one.name === name)
      expect([name, code, retryable === 'yes']).toEqual([name, found?.code, found?.retryable])
    }
  })
})

describe('the table of options', () => {
  it('has the defaults of the code', () => {
    const said = Object.fromEntries(rowsOf('README.md').map(([name, value]) => [name, value]))
    const written = (name: keyof typeof defaultLimits) => {
      const value = defaultLimits[name]
      if (typeof value === 'boolean' || name === 'maxRetries') return String(value)
      if (name.endsWith('Bytes')) return `${value / 1024 ** 2} MiB`
      return value === 0 ? 'off' : `${value.toLocaleString('en-US')} ms`
    }
    for (const name of Object.keys(defaultLimits) as (keyof typeof defaultLimits)[]) {
      expect([name, said[name]]).toEqual([name, written(name)])
    }
  })
})
