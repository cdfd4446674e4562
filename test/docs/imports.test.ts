import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/** The rules of `docs/architecture.md`, "Import rules" and "One place for each", read off the syntax tree of every file. */

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Import {
  /** A file of the house as a path from the root, or a package's specifier. */
  readonly to: string
  /** Erased by the compiler. */
  readonly typeOnly: boolean
  /** `import()`: loaded at first use. */
  readonly lazy: boolean
}

interface SourceFile {
  readonly path: string
  readonly imports: readonly Import[]
  readonly tree: ts.SourceFile
}

const files = ['src', 'providers', 'pricing', 'simulator']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => read(posix.join(folder, name.replaceAll('\\', '/')))),
  )
/** What ships as `llmux`: the testing kit is an entry of its own, and what refreshes the price table a tool. */
const library = files.filter((file) => !/^(simulator|pricing\/update)\//.test(file.path))

function read(path: string): SourceFile {
  const tree = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  visit(tree, (node) => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      const { text } = node.moduleSpecifier as ts.StringLiteral
      imports.push({ to: resolve(path, text), typeOnly: isTypeOnly(node), lazy: false })
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      // a specifier that is no literal is one that a bundler can't see
      const to = argument && ts.isStringLiteral(argument) ? resolve(path, argument.text) : '(computed)'
      imports.push({ to, typeOnly: false, lazy: true })
    }
  })
  return { path, imports, tree }
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const clause = node.importClause
  if (!clause) return false
  if (clause.isTypeOnly) return true
  const { namedBindings } = clause
  return (
    !clause.name &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  )
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts')
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}

/** Higher floors may import lower ones. */
const floors = [
  ['integrations', /^src\/(integrations|adapters|browser|jobs|tools|mcp|worker)\//],
  ['index', /^src\/index\.ts$/],
  ['router', /^src\/router\//],
  ['limits', /^src\/limits\//],
  ['client', /^src\/client(?:-calls)?\.ts$/],
  ['server', /^src\/server\//],
  ['middleware', /^src\/middleware\//],
  ['observe', /^src\/observe\//],
  ['operations', /^src\/(operations|batches)\//],
  // a cache is a stage of a call, and made of others: circles are looked for below
  ['call', /^src\/(call|cache)\//],
  ['providers', /^(providers|pricing|src\/(transport|tokens|platform))\//],
  ['errors', /^src\/(errors|http-error|suggest)\.ts$/],
  ['types', /^src\/types\//],
] as const

const floorOf = (path: string) => floors.findIndex(([, pattern]) => pattern.test(path))
const isHouse = (to: string) => /^(src|providers|pricing)\//.test(to)
const show = (from: string, to: string) => `${from} -> ${to}`
const all = (of: readonly SourceFile[] = library) => of.flatMap((file) => file.imports.map((one) => ({ file, ...one })))

/** Every place where a node of the tree answers to `matches`, as `file:line`. */
function places(of: readonly SourceFile[], matches: (node: ts.Node) => boolean): string[] {
  const found: string[] = []
  for (const { path, tree } of of) {
    visit(tree, (node) => {
      if (!matches(node)) return
      found.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1}`)
    })
  }
  return found
}

const filesOf = (found: readonly string[]) => [...new Set(found.map((place) => place.replace(/:\d+$/, '')))].sort()

const isGlobal = (node: ts.Node, name: string) =>
  ts.isIdentifier(node) &&
  node.text === name &&
  !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) &&
  !ts.isPropertyAssignment(node.parent) &&
  !ts.isPropertySignature(node.parent) &&
  !ts.isMethodDeclaration(node.parent)

const isMember = (node: ts.Node, object: string, member: string) =>
  ts.isPropertyAccessExpression(node) && node.name.text === member && node.expression.getText() === object

/** Whether the node stands in the block of a `try` of its own function. */
function isTried({ parent }: ts.Node): boolean {
  if (!parent || ts.isFunctionLike(parent)) return false
  return (ts.isTryStatement(parent.parent) && parent === parent.parent.tryBlock) || isTried(parent)
}

describe('imports', () => {
  it('find the files', () => {
    expect(library.length).toBeGreaterThan(30)
    expect(library.filter((file) => floorOf(file.path) < 0).map((file) => file.path)).toEqual([])
  })

  it('refer to existing files', () => {
    const missing = all(files).filter(
      ({ to }) => isHouse(to) && !to.endsWith('.generated.ts') && !existsSync(join(root, to)),
    )
    expect(missing.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('run downwards only: index > router > client > observe > operations > call > (providers, transport) > errors > types', () => {
    // events carry errors: their types know each other; the ids of providers are a type made from one list
    const known = new Set(['src/errors.ts', 'providers/prefixes.ts'])
    const upwards = all().filter(
      ({ file, to, typeOnly }) => isHouse(to) && floorOf(to) < floorOf(file.path) && !(typeOnly && known.has(to)),
    )
    expect(upwards.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('keep transport and providers apart', () => {
    const across = all().filter(
      ({ file, to }) =>
        (file.path.startsWith('src/transport/') && to.startsWith('providers/')) ||
        (file.path.startsWith('providers/') && to.startsWith('src/transport/')),
    )
    expect(across.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('of a dialect are limited to types, errors, the contract and its own folder', () => {
    const strangers = all().filter(({ file, to }) => {
      const own = /^providers\/(?:dialects\/[^/]+|shared)\//.exec(file.path)?.[0]
      if (!own) return false
      return !(
        to.startsWith(own) ||
        to.startsWith('src/types/') ||
        to === 'src/errors.ts' ||
        to === 'src/platform/index.ts' ||
        to === 'providers/contract.ts' ||
        to.startsWith('providers/models/') ||
        // checked with the other packages
        to === 'jsonrepair' ||
        isShared(to) ||
        relatives.some(
          ([one, other]) => own === `providers/dialects/${one}/` && to.startsWith(`providers/dialects/${other}/`),
        )
      )
    })
    expect(strangers.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('of a provider are limited to types, errors and other files of providers', () => {
    const strangers = all().filter(
      ({ file, to }) =>
        file.path.startsWith('providers/') &&
        isHouse(to) &&
        !(
          to.startsWith('providers/') ||
          to.startsWith('src/types/') ||
          to === 'src/errors.ts' ||
          to === 'src/platform/index.ts' ||
          to === 'src/suggest.ts'
        ),
    )
    expect(strangers.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('never reach the testing kit from the library', () => {
    const leaks = all().filter(({ to }) => to.startsWith('simulator/'))
    expect(leaks.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('form no circle at run time', () => {
    const graph = new Map(
      files.map((file) => [file.path, file.imports.filter((one) => !one.typeOnly && !one.lazy).map((one) => one.to)]),
    )
    expect(circles(graph)).toEqual([])
  })

  it('form at most two circles with types included', () => {
    const graph = new Map(files.map((file) => [file.path, file.imports.map((one) => one.to)]))
    const found = circles(graph)
    expect(found.length, found.join('\n')).toBeLessThanOrEqual(2)
  })

  it('of each package are in one file, and heavy packages load at first use', () => {
    const packages = all().filter(({ to, typeOnly }) => !isHouse(to) && !typeOnly && !to.startsWith('node:'))
    const strangers = packages.filter(({ file, to, lazy }) => {
      const place = homes[to] ?? homes[to.split('/')[0] ?? '']
      // an adapter is an entry of its own, for a user of its package
      if (file.path.startsWith('src/adapters/langchain/') && to.startsWith('@langchain/core/')) return false
      return !place?.files.includes(file.path) || (place.lazy && !lazy)
    })
    expect(strangers.map(({ file, to }) => show(file.path, to))).toEqual([])
    const eager = all().filter(({ to, lazy, typeOnly }) => lazyOnly.has(to) && !lazy && !typeOnly)
    expect(eager.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('of optional packages are awaited in a try, so that bundlers accept a missing package', () => {
    const { peerDependenciesMeta = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const optional = Object.keys(peerDependenciesMeta)
    const seen: string[] = []
    const bare = places(library, (node) => {
      if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return false
      const [argument] = node.arguments
      const to = argument && ts.isStringLiteral(argument) ? argument.text : ''
      if (!optional.some((name) => to === name || to.startsWith(`${name}/`))) return false
      seen.push(to)
      return !(ts.isAwaitExpression(node.parent) && isTried(node))
    })
    expect(bare).toEqual([])
    expect(seen.length).toBeGreaterThan(5)
  })

  it('load a provider at its first call', () => {
    const eager = all().filter(
      ({ file, to, lazy, typeOnly }) =>
        file.path.startsWith('src/') &&
        // a worker is one file
        !file.path.startsWith('src/worker/') &&
        to.startsWith('providers/') &&
        !(lazy || typeOnly || early.has(to)),
    )
    expect(eager.map(({ file, to }) => show(file.path, to))).toEqual([])
  })
})

/** Where each package is imported, and whether by `import()` only. */
const homes: Readonly<Record<string, { readonly files: readonly string[]; readonly lazy?: boolean }>> = {
  undici: { files: ['media.ts', 'parts.d.ts', 'transport.ts'].map((name) => `src/transport/undici-${name}`) },
  'eventsource-parser': { files: ['src/transport/sse.ts', 'src/browser/index.ts'] },
  'p-retry': { files: ['src/call/retry.ts'] },
  // the reader's own, for schemas of theirs
  zod: { files: ['src/call/structured.ts'], lazy: true },
  redis: { files: ['src/cache/redis-link.ts'], lazy: true },
  jsonrepair: { files: ['providers/shared/calls.ts'] },
  fzstd: { files: ['src/transport/zstd-decoder.ts'], lazy: true },
  fflate: { files: ['src/platform/web.ts', 'src/worker/texts.ts'] },
  'lru-cache': { files: ['src/cache/memory.ts'], lazy: true },
  tiktoken: { files: ['src/tokens/encoding.ts'], lazy: true },
  '@openredaction': { files: ['src/middleware/pii-detector.ts'], lazy: true },
  '@azure': { files: ['providers/azure.ts'], lazy: true },
  '@aws-sdk': { files: ['providers/aws/credentials.ts'], lazy: true },
  '@opentelemetry': { files: ['src/integrations/otel.ts'] },
  'prom-client': { files: ['src/integrations/prometheus.ts'] },
  'google-auth-library': { files: ['providers/google/credentials.ts'], lazy: true },
}

/**
 * Where something waits: the clocks of a call, the sleep before another try, the end of a stream, a long count's turns; calls
 * that no deployment has room for, health checks, Redis; the delivery of events to callbacks.
 */
const waiting = new Set([
  'src/call/lifetime.ts',
  'src/call/retry.ts',
  'src/call/stream-reader.ts',
  // the turns of all others
  'src/platform/node.ts',
  'src/platform/web.ts',
  // a long decoding's turns
  'src/transport/zstd-decoder.ts',
  'src/router/deployments/health-check.ts',
  'src/limits/queue.ts',
  'src/server/keep-alive.ts',
  // the head start of a model
  'src/jobs/race.ts',
  // renews the lock of a journal
  'src/jobs/journal-lock.ts',
  'src/limits/redis/connection.ts',
  'src/limits/redis/reporter.ts',
  'src/limits/redis/session.ts',
  'src/router/redis/client.ts',
  'src/router/redis/store.ts',
  'src/cache/redis-link.ts',
  'src/cache/state.ts',
  // handlers and services of others, and never a call
  'src/observe/delivery.ts',
  'src/integrations/sender.ts',
])

/** Files that bring a heavy package, and may only be loaded by `import()`. */
const lazyOnly = new Set([
  'src/call/retry.ts',
  'src/transport/undici-media.ts',
  'src/transport/undici-transport.ts',
  'src/transport/sse.ts',
])
/** The only files of `providers/` that are loaded with llmux. */
const early = new Set([
  'providers/contract.ts',
  'providers/dialect.ts',
  'providers/shared/growing-text.ts',
  'providers/shared/kept-json.ts',
  'providers/prefixes.ts',
  'providers/registry.ts',
])

/**
 * A dialect that uses another's parts, and why: Claude is the same model behind Converse as behind its own API; Jina's and
 * Voyage's embeddings are OpenAI's wire with more fields; Cohere's rerank is the one that the others follow, also
 * behind Bedrock.
 */
const relatives = [
  // another wire of OpenAI's: the models, their limits, the errors and the words of usage are the same
  ['responses', 'openai'],
  ['converse', 'anthropic'],
  ['rerank', 'openai'],
  ['cohere', 'rerank'],
  ['converse', 'rerank'],
] as const

/**
 * What any dialect may use: how it reads JSON, says that a request asks for something in vain, and asks a model for JSON; and the
 * steps that several take alike. These may use no more than a dialect.
 */
const isShared = (to: string) => /^providers\/(?:shared\/|models\/|(?:fields|report|instruction)\.ts$)/.test(to)

function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const state = new Map<string, 'open' | 'closed'>()
  const walk = (path: string, trail: readonly string[]) => {
    if (state.get(path) === 'closed') return
    if (state.get(path) === 'open') {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
      return
    }
    state.set(path, 'open')
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    state.set(path, 'closed')
  }
  for (const path of graph.keys()) walk(path, [])
  return found
}

describe('library code', () => {
  it('has no console, except where a runtime has no stderr', () => {
    expect(filesOf(places(library, (node) => isGlobal(node, 'console')))).toEqual(['src/platform/web.ts'])
  })

  it('has no any, no non-null assertion and no suppressed type error', () => {
    expect(places(files, (node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([])
    expect(places(files, ts.isNonNullExpression)).toEqual([])
    expect(
      files.filter(({ tree }) => /@ts-(ignore|expect-error|nocheck)/.test(tree.text)).map((file) => file.path),
    ).toEqual([])
  })

  it('reads the environment in one place', () => {
    const readers = places(library, (node) => isGlobal(node, 'process') || isMember(node, 'process', 'env'))
    expect(filesOf(readers).filter((file) => !/^src\/(platform|transport\/fetch-media)/.test(file))).toEqual([])
    expect(filesOf(places(library, (node) => isMember(node, 'process', 'env')))).toEqual(['src/platform/node.ts'])
    const callers = places(library, (node) => ts.isCallExpression(node) && isGlobal(node.expression, 'environment'))
    expect(filesOf(callers)).toEqual(['src/call/environment.ts'])
  })

  it('sets timers only in the files that wait', () => {
    const timers = ['setTimeout', 'setInterval', 'setImmediate']
    const found = places(library, (node) => timers.some((name) => isGlobal(node, name)))
    expect(filesOf(found).filter((file) => !waiting.has(file))).toEqual([])
  })

  it('reads time and randomness from the clock', () => {
    // prices change with time: pricing takes a date, and today only where none is given
    const calls = library.filter((file) => !file.path.startsWith('pricing/'))
    const wall = places(calls, (node) => isMember(node, 'Date', 'now') || isMember(node, 'Math', 'random'))
    expect(filesOf(wall)).toEqual(['src/call/clock.ts'])
    // a timer compares a reading with its own last one
    const durations = places(calls, (node) => isGlobal(node, 'performance'))
    expect(filesOf(durations)).toEqual(['src/call/clock.ts', 'src/call/lifetime.ts', 'src/limits/queue.ts'])
  })

  it('uses modules and globals of Node.js only in the files for Node.js', () => {
    const nodeOnly = [
      // evaluated by the build
      'pricing/table.packed.ts',
      'src/platform/node.ts',
      'src/transport/undici-media.ts',
    ]
    // get them from src/platform/builtins.ts with the first encoded body
    const decoders = ['src/transport/content-decoder.ts', 'src/transport/zstd-decoder.ts']
    const modules = all().filter(({ to, typeOnly }) => to.startsWith('node:') && !typeOnly)
    expect([...new Set(modules.map(({ file }) => file.path))].sort()).toEqual(nodeOnly)
    const buffers = filesOf(
      places(
        library.filter(({ path }) => !path.startsWith('pricing/')),
        (node) => isGlobal(node, 'Buffer') && !ts.isTypeReferenceNode(node.parent),
      ),
    )
    // the package redis needs Node.js, Bun or Deno, which have Buffer
    expect(buffers.filter((file) => ![...nodeOnly, ...decoders].includes(file))).toEqual(['src/cache/redis-index.ts'])
    // chosen by `imports` of package.json: another import would skip the choice
    const direct = all().filter(
      ({ file, to, typeOnly }) =>
        /^src\/(platform\/(node|web)|transport\/(content-decoder|undici-transport|fetch-transport))\.ts$/.test(to) &&
        !typeOnly &&
        !file.path.startsWith('src/platform/'),
    )
    expect(direct.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('sends through the transports only', () => {
    const calls = places(
      library,
      (node) =>
        ts.isCallExpression(node) &&
        (isGlobal(node.expression, 'fetch') || isMember(node.expression, 'globalThis', 'fetch')),
    )
    expect(filesOf(calls)).toEqual(['src/transport/fetch-dispatcher.ts', 'src/transport/fetch-media.ts'])
    const sockets = all().filter(({ to, typeOnly }) => /^node:(http|https|http2|net|tls)$/.test(to) && !typeOnly)
    expect(sockets.map(({ file, to }) => show(file.path, to))).toEqual([])
  })

  it('has no side effects in dialects', () => {
    const translators = library.filter((file) => file.path.startsWith('providers/'))
    const impure = ['process', 'performance', 'setTimeout', 'fetch', 'globalThis']
    expect(places(translators, (node) => impure.some((name) => isGlobal(node, name)))).toEqual([])
    const clocks = places(translators, (node) => isMember(node, 'Date', 'now') || isMember(node, 'Math', 'random'))
    expect(clocks).toEqual([])
  })
})
