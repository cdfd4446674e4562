import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { readPage, root } from './blocks.js'

/** Cells of a Markdown table, the header first. */
export type Rows = readonly (readonly string[])[]

export function table(rows: Rows): string {
  const [head = [], ...lines] = rows
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Ignores the padding of tables and the position of line breaks. */
const normalized = (text: string): string => text.trim().replace(/-{3,}/g, '---').replace(/\s+/g, ' ')

/** Lines of a section; the continuation of a broken line belongs to its first line. */
function lines(text: string): string[] {
  const found: string[] = []
  for (const line of text.trim().split('\n')) {
    const last = found.length - 1
    const before = found[last]
    if (before && line.trim() !== '' && !/^[-|]/.test(line)) found[last] = `${before}\n${line}`
    else found.push(line)
  }
  return found
}

/** Pads the cells of a row to the width of the table's columns. */
function padded(line: string, widths: readonly number[]): string {
  if (!line.startsWith('|')) return line
  const cells = line.split(/(?<!\\)\|/).slice(1, -1)
  return `| ${cells.map((cell, column) => cell.trim().padEnd(widths[column] ?? 0)).join(' | ')} |`
}

/** The generated text, with every line that has not changed exactly as it is on the page. */
function merge(written: string, made: string): string {
  const old = lines(written)
  const known = new Map(old.map((line) => [normalized(line), line]))
  const rule = old.find((line) => /^\| -+ \|/.test(line)) ?? ''
  const widths = rule
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.length - 2)
  return lines(made)
    .map((line) => known.get(normalized(line)) ?? padded(line, widths))
    .join('\n')
}

/**
 * Compares a generated section of a page with the text between its marks. With LLMUX_UPDATE_DOCS set, it writes the
 * section instead and leaves unchanged lines as they are.
 * @param test the file of the test, which updates the page
 */
export function checkSection(page: string, name: string, made: string, test: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const text = readPage(page)
  const [before = '', rest = ''] = text.split(begin)
  const [written = '', after = ''] = rest.split(end)
  if (process.env.LLMUX_UPDATE_DOCS) {
    writeFileSync(join(root, page), `${before}${begin}\n\n${merge(written, made)}\n\n${end}${after}`)
    return
  }
  const hint = `The section '${name}' of ${page} is out of date. Update it: LLMUX_UPDATE_DOCS=1 npx vitest run ${test}`
  expect(normalized(written), hint).toBe(normalized(made))
}
