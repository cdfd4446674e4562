// The generated tables of docs/runtimes.md.
import { readFileSync, writeFileSync } from 'node:fs'

/** Rows of checks, columns of runtimes. */
function matrixTable(matrix) {
  const titles = [...matrix.keys()]
  const names = [...new Set([...matrix.values()].flatMap((results) => results.map(({ name }) => name)))]
  const cell = (title, name) => {
    const result = matrix.get(title)?.find((one) => one.name === name)
    return result ? (result.error ? '**failed**' : 'yes') : 'not run'
  }
  return table([['', ...titles], ...names.map((name) => [name, ...titles.map((title) => cell(title, name))])])
}

const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`

const sizesTable = (sizes) =>
  table([
    ['bundle, minified', 'size', 'gzipped', 'limit'],
    ...sizes.map(({ title, bytes, gzip, limit }) => [title, kib(bytes), kib(gzip), kib(limit)]),
  ])

function table([head, ...rows]) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length), 3))
  const line = (row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n')
}

const section = (text, name, content) => {
  const pattern = new RegExp(`(<!-- ${name} -->\\n)[\\s\\S]*?(\\n<!-- /${name} -->)`)
  if (!pattern.test(text)) throw new Error(`docs/runtimes.md has no section ${name}.`)
  return text.replace(pattern, (_, from, to) => `${from}${content}${to}`)
}

/**
 * Writes the tables, or compares the matrix with the page: sizes change with every commit and have limits instead.
 * @returns a message if the page is out of date
 */
export function updatePage(path, { matrix, sizes }, write) {
  const before = readFileSync(path, 'utf8')
  const withMatrix = section(before, 'matrix', matrixTable(matrix))
  if (write) writeFileSync(path, section(withMatrix, 'sizes', sizesTable(sizes)))
  else if (withMatrix !== before) return 'docs/runtimes.md has another matrix: run node scripts/runtimes.mjs --write'
  return undefined
}
