import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { defaultCallLimits } from '../../src/call/call-limits.js'
import * as errors from '../../src/errors.js'
import { checkRouterOptions } from '../../src/router/options.js'
import type { RouterOptions } from '../../src/router/types.js'
import { readPage, root } from './blocks.js'

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
  .filter((value) => typeof value === 'function' && value.prototype instanceof errors.LLMError)
  .map((Class) => {
    const details = { params: [], phase: 'total', issues: [] } as const
    const error: errors.LLMError = Reflect.construct(Class, ['message', details])
    return { name: error.name, code: error.code, retryable: error.retryable }
  })
const names = classes.map(({ name }) => name).sort()

const errorRows = (page: string) => rowsOf(page).filter(([name]) => name !== undefined && names.includes(name))

describe('the table of errors', () => {
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
    const said = Object.fromEntries(rowsOf('docs/guide.md').map(([name, value]) => [name, value]))
    const written = (name: keyof typeof defaultCallLimits) => {
      const value = defaultCallLimits[name]
      if (typeof value === 'boolean' || name === 'maxRetries') return String(value)
      if (name.endsWith('Bytes')) return `${value / 1024 ** 2} MiB`
      return value === 0 ? 'off' : `${value.toLocaleString('en-US')} ms`
    }
    for (const name of Object.keys(defaultCallLimits) as (keyof typeof defaultCallLimits)[]) {
      expect([name, said[name]]).toEqual([name, written(name)])
    }
  })
})

interface Option {
  readonly name: string
  readonly required: boolean
  /** As the doc comment has it, without quotes; undefined where it says none. */
  readonly standard: string | undefined
}

/** The options of an interface and their defaults, as its doc comments say them. */
function optionsOf(file: string, name: string): Option[] {
  const text = ts.sys.readFile(join(root, file)) ?? ''
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found = tree.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text === name)
  return (found?.members ?? [])
    .filter(ts.isPropertySignature)
    .filter((member) => !ts.getJSDocTags(member).some((tag) => tag.tagName.text === 'internal'))
    .map((member) => {
      const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default')
      const standard = ts.getTextOfJSDocComment(tag?.comment)?.replaceAll("'", '')
      return { name: member.name?.getText() ?? '', required: !member.questionToken, standard }
    })
}

/** The rows of the table whose first heading this is. */
function tableOf(page: string, heading: string): string[][] {
  const lines = readPage(page).split('\n')
  const first = lines.findIndex((line) => line.startsWith(`| ${heading} `))
  const rest = lines.slice(first + 2)
  const rows = rest.slice(
    0,
    rest.findIndex((line) => !line.startsWith('|')),
  )
  return rows.map((line) =>
    line
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', ''))
      .slice(1, -1),
  )
}

describe('the tables of docs/router.md', () => {
  const page = 'docs/router.md'
  const types = 'src/router/types.ts'
  const tables = [
    ['option of the Router', types, 'RouterOptions'],
    ['option in `params`', types, 'DeploymentParams'],
    ['option of `queue`', types, 'QueueOptions'],
    ['option of `healthCheck`', types, 'HealthCheckOptions'],
    ['option of a budget', 'src/limits/types.ts', 'BudgetOptions'],
    ['option of a call', types, 'RouterCallOptions'],
    ['option of `redisState()`', 'src/limits/redis/index.ts', 'RedisStateOptions'],
  ] as const

  it.each(tables)('%s: all of them, with their defaults', (heading, file, name) => {
    const options = optionsOf(file, name)
    const rows = tableOf(page, heading)
    expect(options.length).toBeGreaterThan(1)
    expect(rows.map(([option]) => option).sort()).toEqual(options.map((option) => option.name).sort())
    for (const { name: option, required, standard } of options) {
      const [, said] = rows.find(([first]) => first === option) ?? []
      if (required) expect([option, said]).toEqual([option, 'required'])
      // what is no word and no number is told in words
      const value = standard?.replaceAll('_', ',')
      if (value !== undefined && /^[\w.,:/-]+$/.test(value)) expect([option, said]).toEqual([option, value])
    }
  })

  it('has only options that the validation knows', () => {
    const modelList = [{ modelName: 'chat', params: { model: 'openai/gpt-4o' } }]
    for (const [name = ''] of tableOf(page, 'option of the Router')) {
      // wrong for every option: what is said is what is wrong with it, and not that nobody knows it
      const options = { modelList, [name]: Symbol('wrong') } as unknown as RouterOptions
      expect(() => checkRouterOptions(options)).toThrow(new RegExp(`'${name}`))
      expect(() => checkRouterOptions(options)).not.toThrow(/Unknown option/)
    }
  })

  it('names every strategy and every event', () => {
    const text = readPage(page)
    const literals = (name: string, file: string): string[] => {
      const tree = ts.createSourceFile(file, ts.sys.readFile(join(root, file)) ?? '', ts.ScriptTarget.Latest, true)
      const found: string[] = []
      const alias = tree.statements.filter(ts.isTypeAliasDeclaration).find((one) => one.name.text === name)
      const see = (node: ts.Node): void => {
        if (name === 'StrategyName' && ts.isStringLiteral(node)) found.push(node.text)
        if (ts.isPropertySignature(node) && node.name.getText() === 'type') found.push(node.type?.getText() ?? '')
        ts.forEachChild(node, see)
      }
      if (alias) see(alias)
      return found.map((literal) => literal.replaceAll("'", ''))
    }
    const sorted = (heading: string) =>
      tableOf(page, heading)
        .map(([first]) => first)
        .sort()
    expect(text).toContain('## Strategies')
    expect(sorted('strategy')).toEqual(literals('StrategyName', types).sort())
    expect(sorted('event')).toEqual(literals('RouterEvent', 'src/types/observe.ts').sort())
  })
})
