/**
 * The build for Cloudflare Workers. Wrangler puts everything that llmux could load into one file, and a worker has a limit of size. So this
 * build differs from the others:
 *
 * - Rare parts are in the entries `llmux/server` and `llmux/batch` only. A call that needs one without it is refused with the line to add (src/worker/parts.ts).
 * - Modules of llmux load at once: code that loads them later costs more than it saves in a single file.
 * - Texts of errors and warnings are packed, as the price table is, and unpacked with the first of them (src/worker/texts.ts).
 * - `Object.freeze` and the like have short names (src/worker/globals.ts).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'
import ts from 'typescript'
import { packBytes } from './pricing/unpack.js'

const root = fileURLToPath(new URL('.', import.meta.url))

/**
 * Rare files, and the entry that has them, with everything that no other file imports. A new rare operation, or a host that has rare
 * operations only, gets a line here.
 */
const rareFiles: readonly (readonly [RegExp, Entry])[] = [
  [/^src\/server\/index\.ts$/, 'llmux/server'],
  [/^providers\/inbound\/\w+\/index\.ts$/, 'llmux/server'],
  [/^providers\/dialects\/\w+\/(?:audio|images|image-hosts|moderation|speech|transcription)\.ts$/, 'llmux/server'],
  [/^providers\/(?:deepgram|elevenlabs|replicate)\/index\.ts$/, 'llmux/server'],
  [/^providers\/dialects\/rerank\/hosted\.ts$/, 'llmux/server'],
  [/^src\/(?:operations|router\/execution)\/stored-responses\.ts$/, 'llmux/server'],
  // hosts that workers seldom call
  [/^providers\/(?:databricks|huggingface|ollama|sagemaker|watsonx)\.ts$/, 'llmux/server'],
  [/^src\/batches\/parts\.ts$/, 'llmux/batch'],
]

type Entry = 'llmux/server' | 'llmux/batch'

/** The file of each entry, which adds its parts. */
const entries: Readonly<Record<string, Entry>> = {
  'src/worker/server.ts': 'llmux/server',
  'src/worker/batch.ts': 'llmux/batch',
}

const files = ['src', 'providers'].flatMap((folder) =>
  readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
)
const rare = new Map<string, Entry>(
  files.sort().flatMap((file) => {
    const entry = rareFiles.find(([pattern]) => pattern.test(file))?.[1]
    return entry === undefined ? [] : [[file, entry]]
  }),
)

/** These import each other directly. */
const isServer = (file: string) => rare.has(file) || /^src\/(?:server|worker)\/(?!lazy-fetch)/.test(file)

const nameOf = (file: string) => file.replace(/(?:\/index)?\.ts$/, '')
/** Arguments that name a part and its entry. */
const placeOf = (file: string) => `${JSON.stringify(nameOf(file))}, '${rare.get(file)}'`
const sourceOf = (importer: string, specifier: string) =>
  relative(root, resolve(dirname(importer), specifier)).replace(/\.js$/, '.ts')
const from = (file: string) => JSON.stringify(resolve(root, file))

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

function applied(source: string, edits: Edit[]): string {
  let text = ''
  let at = 0
  for (const edit of edits.sort((one, other) => one.start - other.start)) {
    text += source.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + source.slice(at)
}

const parse = (file: string, source: string) => ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)

/** Replaces `import()` of a file of llmux by the module itself, or by the part of the server. */
function withoutLoads(file: string, tree: ts.SourceFile, edits: Edit[]): string {
  let head = ''
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit)
    if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return
    const [specifier] = node.arguments
    if (!specifier || !ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return
    const target = sourceOf(resolve(root, file), specifier.text)
    const isPart = rare.has(target) && !isServer(file)
    const name = `$module${edits.length}`
    if (!isPart) head += `import * as ${name} from ${JSON.stringify(specifier.text)};`
    const text = isPart ? `$loadPart(${placeOf(target)})` : `$loaded(${name})`
    edits.push({ start: node.getStart(), end: node.getEnd(), text })
  }
  visit(tree)
  if (edits.length > 0)
    head += `import { loaded as $loaded, loadPart as $loadPart } from ${from('src/worker/parts.ts')};`
  return head
}

/** A module in the place of a rare one, for files that import it with the first line. */
function standIn(file: string): string {
  const names: string[] = []
  const tree = parse(file, readFileSync(resolve(root, file), 'utf8'))
  for (const statement of tree.statements) {
    const isExport =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (!isExport) continue
    if (ts.isFunctionDeclaration(statement) && statement.name) names.push(statement.name.text)
    if (ts.isVariableStatement(statement)) {
      names.push(...statement.declarationList.declarations.map(({ name }) => name.getText()))
    }
  }
  const lines = names.map((name) => `export const ${name} = late(${placeOf(file)}, '${name}')`)
  return [`import { late } from ${from('src/worker/parts.ts')}`, ...lines].join('\n')
}

/** Separators in packed texts: between texts, and in the place of a value. */
const between = '\u0001'
const value = '\u0000'

/** Finds the texts with spaces in the functions of a file: those at its top would be unpacked at the start. */
function findTexts(tree: ts.SourceFile, found: (text: string, node: ts.Expression) => void): void {
  const visit = (node: ts.Node, isInside: boolean): void => {
    const inside = isInside || ts.isFunctionLike(node)
    if (inside && !isFixed(node)) {
      const text = textOf(node)
      if (text !== undefined && text.length >= 14 && text.includes(' ')) found(text, node as ts.Expression)
    }
    ts.forEachChild(node, (child) => visit(child, inside))
  }
  visit(tree, false)
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text
  if (!ts.isTemplateExpression(node)) return undefined
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(value)
}

/** Names, types, directives and texts that are compared. */
function isFixed(node: ts.Node): boolean {
  const { parent } = node
  if (!parent || ts.isImportDeclaration(parent) || ts.isExpressionStatement(parent)) return true
  if (ts.isLiteralTypeNode(parent) || ts.isTaggedTemplateExpression(parent) || ts.isCaseClause(parent)) return true
  if (ts.isBinaryExpression(parent)) return /Equals/.test(ts.SyntaxKind[parent.operatorToken.kind] ?? '')
  return 'name' in parent && parent.name === node
}

/** Replaces texts by calls of `text()`. */
function withoutTexts(tree: ts.SourceFile, numbers: ReadonlyMap<string, number>, edits: Edit[]): string {
  let used = false
  findTexts(tree, (text, node) => {
    const number = numbers.get(text)
    if (number === undefined) return
    used = true
    if (!ts.isTemplateExpression(node)) {
      edits.push({ start: node.getStart(), end: node.getEnd(), text: `$text(${number})` })
      return
    }
    edits.push({ start: node.getStart(), end: node.head.getEnd(), text: `$text(${number},(` })
    for (const { literal } of node.templateSpans) {
      const last = literal.kind === ts.SyntaxKind.TemplateTail
      edits.push({ start: literal.getStart(), end: literal.getEnd(), text: last ? '))' : '),(' })
    }
  })
  return used ? `import { text as $text } from ${from('src/worker/texts.ts')};` : ''
}

/** The texts that are in every worker, with their places. Files that unpack them keep theirs. */
async function collectTexts(plugins: readonly Plugin[]): Promise<Map<string, number>> {
  const { metafile } = await build({
    stdin: { contents: `export { createClient } from ${from('src/index.ts')}`, resolveDir: root },
    ...{
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      packages: 'external',
      logLevel: 'error',
    },
    plugins: [...plugins],
  })
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  const numbers = new Map<string, number>()
  for (const [file, { bytesInOutput }] of inputs) {
    if (bytesInOutput === 0 || !/^(?:src|providers|pricing)\//.test(file) || isUnpacking(file)) continue
    findTexts(parse(file, readFileSync(resolve(root, file), 'utf8')), (text) => {
      if (!numbers.has(text)) numbers.set(text, numbers.size)
    })
  }
  return numbers
}

const isUnpacking = (file: string) => /^(?:src\/(?:platform|worker)\/|pricing\/(?:unpack|table))/.test(file)

/** Loads and parts, without the texts. */
const modules = (numbers?: ReadonlyMap<string, number>): Plugin => ({
  name: 'modules for workers',
  setup(build) {
    build.onResolve({ filter: /\/platform\/index\.js$/ }, () => ({ path: resolve(root, 'src/platform/web.ts') }))
    build.onResolve({ filter: /^\.{1,2}\/.*\.js$/ }, ({ path, importer }) => {
      const file = sourceOf(importer, path)
      if (!rare.has(file) || isServer(relative(root, importer))) return undefined
      return { path: file, namespace: 'stand-in' }
    })
    build.onLoad({ filter: /./, namespace: 'stand-in' }, ({ path }) => ({ contents: standIn(path), resolveDir: root }))
    build.onLoad({ filter: /\/(?:src|providers|pricing)\/.*\.ts$/ }, ({ path }) => {
      const file = relative(root, path)
      if (/\.(?:packed|generated)\.ts$/.test(file)) return undefined
      const source = readFileSync(path, 'utf8')
      const tree = parse(file, source)
      const edits: Edit[] = []
      let head = withoutLoads(file, tree, edits)
      if (numbers && !isUnpacking(file)) head += withoutTexts(tree, numbers, edits)
      const entry = entries[file]
      if (entry) head += addedParts(entry)
      return { contents: head + applied(source, edits), loader: 'ts' }
    })
  },
})

/** The first line of the file of an entry. */
function addedParts(entry: Entry): string {
  const parts = [...rare].filter(([, own]) => own === entry)
  const lines = parts.map(([file], index) => {
    const name = `$part${index}`
    return `import * as ${name} from ${from(file)};$addPart(${JSON.stringify(nameOf(file))}, ${name});`
  })
  return [`import { addPart as $addPart } from ${from('src/worker/parts.ts')};`, ...lines].join('')
}

/** The plugins of the build. The others are needed for files that only they can load. */
export const worker = (others: readonly Plugin[]): Plugin => ({
  name: 'worker',
  async setup(build) {
    const numbers = await collectTexts([modules(), ...others])
    const packed = packBytes(deflateRawSync([...numbers.keys()].join(between), { level: 9 }))
    build.onLoad({ filter: /\/texts\.packed\.ts$/ }, () => ({
      contents: `export const packedTexts = ${JSON.stringify(packed)}`,
    }))
    const { initialOptions } = build
    initialOptions.define = { ...initialOptions.define, ...shortNames() }
    initialOptions.inject = [...(initialOptions.inject ?? []), resolve(root, 'src/worker/globals.ts')]
    await modules(numbers).setup(build)
  },
})

/** `Object.freeze` is `$freeze`, and so on, for everything that src/worker/globals.ts exports. */
function shortNames(): Record<string, string> {
  const source = readFileSync(resolve(root, 'src/worker/globals.ts'), 'utf8')
  const names = [...source.matchAll(/^export const \{(.*)\} = (\w+)$/gm)]
  return Object.fromEntries(
    names.flatMap(([, list = '', object]) =>
      [...list.matchAll(/(\w+): (\$\w+)/g)].map(([, member, name]) => [`${object}.${member}`, name ?? '']),
    ),
  )
}

/**
 * The files that the main entry exports, as entries of their own: a bundler leaves out the whole of a file that is not used, but
 * seldom a part of one.
 */
export function pieces(): Record<string, string> {
  const tree = parse('src/index.ts', readFileSync(resolve(root, 'src/index.ts'), 'utf8'))
  const files = tree.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) && !ts.isImportDeclaration(statement)) return []
    const { moduleSpecifier: specifier } = statement
    if (!specifier || !ts.isStringLiteral(specifier)) return []
    const isType = ts.isExportDeclaration(statement) ? statement.isTypeOnly : statement.importClause?.isTypeOnly
    return isType ? [] : [sourceOf(resolve(root, 'src/index.ts'), specifier.text)]
  })
  return Object.fromEntries(files.map((file) => [nameOf(file), file]))
}
