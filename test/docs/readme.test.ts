import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blocksOf, fileName, pages, readPage, removeBlocks, root, typeErrors, writeBlocks } from './blocks.js'

const run = promisify(execFile)

interface Outcome {
  readonly name: string
  readonly printed: string
  readonly error?: string
}

beforeAll(() => {
  // the pages show the package, so the package is what is tested
  if (!existsSync(join(root, 'dist', 'index.js'))) throw new Error('There is no dist/: run `npm run build` first.')
})

afterAll(removeBlocks)

const described = pages.map((page) => ({ page, blocks: blocksOf(page) }))

describe('the code on the pages', () => {
  it('exists', () => {
    expect(blocksOf('README.md').length + blocksOf('docs/guide.md').length).toBeGreaterThan(18)
    // a language that nobody runs would be code that nobody checks
    const languages = pages.flatMap((page) => [...readPage(page).matchAll(/^ *```(\w*)$/gm)].map((match) => match[1]))
    expect([...new Set(languages)].sort().filter(Boolean)).toEqual(
      ['js', 'json', 'sh', 'text', 'ts', 'yaml'].filter((language) => languages.includes(language)),
    )
  })

  it('compiles in strict mode, against the types of the package', { timeout: 120_000 }, () => {
    const files = described.flatMap(({ page, blocks }) => {
      const folder = writeBlocks(`${page} types`, blocks)
      return blocks.filter((block) => block.language === 'ts').map((block) => join(folder, `${fileName(block)}.mts`))
    })
    expect(files.length).toBeGreaterThan(12)
    expect(typeErrors(files)).toEqual([])
  })

  for (const { page, blocks } of described) {
    if (blocks.length === 0) continue
    it(`of ${page} runs`, { timeout: 120_000 }, async () => {
      const folder = writeBlocks(page, blocks)
      const script = join(root, 'test', 'docs', 'run-blocks.mjs')
      const { PATH } = process.env
      const { stdout, stderr } = await run(process.execPath, [script, folder], { env: { PATH }, cwd: root })
      const outcomes: Outcome[] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(stderr).toBe('')
      expect(outcomes.map(({ name }) => name)).toEqual(blocks.map((block) => `${fileName(block)}.mjs`))
      expect(outcomes.filter(({ error }) => error !== undefined)).toEqual([])
      // a block that prints, and printed nothing, has not done what the page says
      const prints = blocks
        .filter(({ code }) => /console\.log|stdout\.write/.test(code))
        .map((block) => fileName(block))
      const silent = outcomes.filter(({ name, printed }) => printed === '' && prints.includes(name.replace('.mjs', '')))
      expect(silent).toEqual([])
    })
  }
})

describe('the links on the pages', () => {
  for (const page of [...pages, 'CHANGELOG.md']) {
    it(`of ${page} lead somewhere`, () => {
      const text = readPage(page).replace(/^( *)```.*?^\1```$/gms, '')
      const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
      const broken = targets.filter((target) => !/^https?:/.test(target) && !leads(page, target))
      expect(broken).toEqual([])
    })
  }
})

function leads(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(join(root, file))) return false
  if (anchor === undefined) return true
  const headings = [...readPage(file).matchAll(/^#+ (.+)$/gm)].map((match) => slug(match[1] ?? ''))
  return headings.includes(anchor)
}

/** As forges make anchors of headings. */
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
