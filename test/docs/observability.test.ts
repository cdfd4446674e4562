import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { prometheus } from '../../src/integrations/prometheus.js'
import { channels } from '../../src/observe/channels.js'
import { readPage, root } from './blocks.js'

/** The tables of `docs/observability.md`, held against the types and the code. */

const rows = [...readPage('docs/observability.md').matchAll(/^\| (.*) \|$/gm)].map((match) =>
  (match[1] ?? '').split(' | ').map((cell) => cell.trim().replaceAll('`', '')),
)

/** First cells below a head. */
function under(...head: string[]): string[][] {
  const start = rows.findIndex((cells) => head.every((cell, index) => cells[index] === cell))
  expect(start, head.join()).toBeGreaterThanOrEqual(0)
  const rest = rows.slice(start + 2)
  const end = rest.findIndex(([first]) => ['handler', 'field', 'option', 'metric'].includes(first ?? ''))
  return end < 0 ? rest : rest.slice(0, end)
}

const tree = ts.createSourceFile(
  'observe.ts',
  readFileSync(join(root, 'src/types/observe.ts'), 'utf8'),
  ts.ScriptTarget.Latest,
  true,
)

function members(name: string): string[] {
  const found = tree.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  return (found as ts.InterfaceDeclaration).members.flatMap((member) => member.name?.getText() ?? [])
}

it('has every handler, and its channel', () => {
  const table = under('handler', 'channel')
  expect(table.map(([handler]) => handler)).toEqual(members('CallbackSet').filter((name) => name.startsWith('on')))
  expect(table.map(([, channel]) => channel).filter((channel) => channel !== '–')).toEqual(
    Object.values(channels).map(({ name }) => String(name)),
  )
})

it('has every field', () => {
  const fields = under('field', 'what').map(([field]) => field)
  expect(fields).toEqual(members('CallEventBase'))
  const second = rows.findLastIndex(([first]) => first === 'field')
  const end = rows.slice(second + 2).map(([field]) => field)
  const wanted = [...members('EndEvent'), 'answer']
  expect(end.slice(0, wanted.length)).toEqual(wanted)
})

it('has every option', () => {
  expect(under('option', 'default').map(([option]) => option)).toEqual(members('ObserveOptions'))
})

it('has every metric', async () => {
  const metrics = await prometheus().register.getMetricsAsJSON()
  expect(
    under('metric', 'type')
      .map(([name, type]) => `${name} ${type}`)
      .sort(),
  ).toEqual(metrics.map(({ name, type }) => `${name} ${type}`).sort())
})
