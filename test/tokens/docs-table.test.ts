import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { measured } from '../../src/tokens/measured.js'

const page = readFileSync(new URL('../../docs/tokens.md', import.meta.url), 'utf8')

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
const cell = ([calls, median, p95]: readonly number[]): string =>
  calls ? `${percent(median ?? 0)}, ${percent(p95 ?? 0)} of ${calls}` : 'few calls'

it('docs/tokens.md lists the errors of the code', () => {
  const rows = [...page.matchAll(/^\| ([a-z0-9.-]+) +\| (.+ of \d+|few calls) +\| (.+ of \d+|few calls) +\|$/gm)]
  const written = rows.map(([, family, text, tools]) => [family, text?.trim(), tools?.trim()])
  expect(written).toEqual(
    Object.entries(measured).map(([family, { text, tools }]) => [family, cell(text), cell(tools)]),
  )
})
