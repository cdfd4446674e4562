import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A code block of a page. */
export interface Block {
  readonly page: string
  /** Of its first line of code, from 1. */
  readonly line: number
  readonly language: 'ts' | 'js'
  readonly code: string
}

/** Every page whose code is run. */
export const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export const readPage = (page: string): string => readFileSync(join(root, page), 'utf8')

export function blocksOf(page: string): Block[] {
  const text = readPage(page)
  // a block inside a list is indented, with all of its lines
  return [...text.matchAll(/^( *)```(ts|js)\n(.*?)^\1```$/gms)].map((match) => {
    const [, indent = '', language, code = ''] = match
    return {
      page,
      line: text.slice(0, match.index).split('\n').length + 1,
      language: language === 'js' ? 'js' : 'ts',
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }
  })
}

/** Inside the package, so that `llmux` is the package itself and its `exports` count; ignored by git. */
const workplace = join(root, '.cache', 'docs')

/** Writes the blocks of a page into a folder: as they are for the type check, and as JavaScript to be run. */
export function writeBlocks(page: string, blocks: readonly Block[]): string {
  const folder = join(workplace, page.replace(/\W+/g, '-'))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const block of blocks) {
    const name = join(folder, fileName(block))
    if (block.language === 'ts') writeFileSync(`${name}.mts`, block.code)
    writeFileSync(`${name}.mjs`, block.language === 'ts' ? javaScript(block.code) : block.code)
  }
  return folder
}

export const removeBlocks = () => rmSync(workplace, { recursive: true, force: true })

/** Sorted by line, so that blocks are run in the order of the page. */
export const fileName = ({ line }: Block) => `line-${String(line).padStart(4, '0')}`

const target = ts.ScriptTarget.ES2022

const options: ts.CompilerOptions = {
  target,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [join(root, 'node_modules', '@types')],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
}

function javaScript(code: string): string {
  return ts.transpileModule(code, { compilerOptions: { target, module: ts.ModuleKind.ESNext } }).outputText
}

/** What the compiler says of TypeScript files, as `file:line message`. */
export function typeErrors(files: readonly string[]): string[] {
  const program = ts.createProgram([...files], options)
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')
    if (!diagnostic.file || diagnostic.start === undefined) return message
    const { line } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
    return `${diagnostic.file.fileName.replace(workplace, '')}:${line + 1} ${message}`
  })
}
