import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { modelInfo } from '../../pricing/index.js'
import { fetchSources, type Pins, wheelFile } from '../../pricing/update/fetch.js'
import { knownModels, knownModelsText } from '../../pricing/update/known-models.js'
import type { Overrides } from '../../pricing/update/overrides.js'
import { providerOfBareModel } from '../../providers/known-models.js'
import { loadProvider } from '../../providers/registry.js'
import type {
  KnownChatModel,
  KnownEmbeddingModel,
  KnownModel,
  KnownRerankModel,
} from '../../src/types/known-models.generated.js'

const file = resolve('src/types/known-models.generated.ts')
const text = readFileSync(file, 'utf8')
const namesIn = (source: string) => [...source.matchAll(/^ {2}\| '(.+)'$/gm)].map(([, name = '']) => name)
const names = namesIn(text)
/** Names of a type, by the mode that the price table gives them. */
const modes = ['chat', 'embedding', 'rerank'] as const
const byMode = text
  .split(/^export type /m)
  .slice(1, 4)
  .map(namesIn)

describe('KnownModel', () => {
  test('includes the most used models', () => {
    const some: readonly KnownModel[] = [
      'gpt-4o',
      'gpt-5.4-mini',
      'openai/gpt-5.4-mini',
      'text-embedding-3-small',
      'claude-sonnet-4-6',
      'anthropic/claude-opus-5',
      'gemini/gemini-3.5-flash',
      'vertex_ai/claude-opus-5',
      'bedrock/us.anthropic.claude-sonnet-4-6',
      'mistral/mistral-large-latest',
      'groq/openai/gpt-oss-120b',
      'xai/grok-4.6',
      'deepseek/deepseek-v4-pro',
      'cohere/command-a-03-2025',
      'together_ai/openai/gpt-oss-120b',
      'fireworks_ai/accounts/fireworks/models/gpt-oss-20b',
      'perplexity/sonar',
      'cerebras/gpt-oss-120b',
    ]
    expect(some.filter((name) => !names.includes(name))).toEqual([])
    expect(names.length).toBeGreaterThan(300)
    expect(names.length).toBeLessThan(700)
  })

  test('lists names that resolve and have a price', async () => {
    const lost: string[] = []
    for (const name of names) {
      const slash = name.indexOf('/')
      const provider = slash < 0 ? providerOfBareModel(name) : (await loadProvider(name.slice(0, slash)))?.id
      if (provider === undefined) lost.push(name)
      const info = modelInfo(name)
      const mode = modes[byMode.findIndex((some) => some.includes(name))]
      if (info === undefined || info.mode !== mode) lost.push(`${name}: ${info?.mode}`)
    }
    expect(lost).toEqual([])
  })

  test('separates the names by operation', () => {
    const chat: readonly KnownChatModel[] = ['gpt-4o', 'anthropic/claude-opus-5']
    const embedding: readonly KnownEmbeddingModel[] = ['text-embedding-3-small', 'openai/text-embedding-3-large']
    const rerank: readonly KnownRerankModel[] = ['cohere/rerank-v3.5', 'voyage/rerank-2.5']
    expect(byMode.map((some) => some.length > 20)).toEqual([true, true, true])
    expect([chat, embedding, rerank].map((some, at) => some.every((name) => byMode[at]?.includes(name)))).toEqual([
      true,
      true,
      true,
    ])
    expect(new Set(names).size).toBe(names.length)
  })

  test('excludes retired models', () => {
    const pins = JSON.parse(readFileSync('pricing/update/pins.json', 'utf8')) as Pins
    const gone = names.filter((name) => (modelInfo(name)?.deprecationDate ?? '9999') <= pins.asOf)
    expect(gone).toEqual([])
  })

  test('equals the output of its generator (needs the sources in the cache: npm run pricing:update -- --check)', async (context) => {
    const pins = JSON.parse(readFileSync('pricing/update/pins.json', 'utf8')) as Pins
    const cache = resolve('node_modules/.cache/llmux-pricing')
    if (!pins.wheels.every((pin) => existsSync(join(cache, wheelFile(pin))))) return context.skip()
    const raw = await fetchSources(pins, cache, true)
    const { rows } = JSON.parse(readFileSync('pricing/overrides.json', 'utf8')) as Overrides
    expect(knownModelsText(knownModels(raw, pins, rows), pins)).toBe(text)
  })
})

const plainTypes = ['KnownChatModel', 'KnownEmbeddingModel', 'KnownRerankModel', 'KnownModel']
  .map((type) => `export type ${type} = never\n`)
  .join('')

/** Ten lines of a user, with `KnownModel` as it is and as a plain string. */
const user = `import type { CompletionRequest } from './options.js'
import type { ChatCompletion } from './chat.js'
declare function completion(request: CompletionRequest<false>): Promise<ChatCompletion>
export async function ask(question: string, other: string) {
  const messages = [{ role: 'user' as const, content: question }]
  const one = await completion({ model: 'gpt-4o', messages })
  const two = await completion({ model: 'anthropic/claude-opus-5', messages })
  const three = await completion({ model: other, messages, temperature: 0 })
  return [one, two, three].map((answer) => answer.choices[0]?.message.content)
}
`

describe('tsc', () => {
  test('compiles the names with little overhead', { timeout: 120_000 }, () => {
    const plain = { ...compile(false), milliseconds: Number.POSITIVE_INFINITY }
    const named = { ...compile(true), milliseconds: Number.POSITIVE_INFINITY }
    const ratio = () => named.milliseconds / plain.milliseconds
    // other processes may take the core away in the middle of a run: the best of three, and of up to twenty
    for (let tries = 0; tries < 3 || (tries < 20 && ratio() >= 1.3); tries++) {
      plain.milliseconds = Math.min(plain.milliseconds, compile(false).milliseconds)
      named.milliseconds = Math.min(named.milliseconds, compile(true).milliseconds)
    }
    console.log(
      `${names.length} names: types ${plain.types} -> ${named.types}, instantiations ${plain.instantiations} -> ` +
        `${named.instantiations}, check ${plain.milliseconds.toFixed(0)} -> ${named.milliseconds.toFixed(0)} ms (x ${ratio().toFixed(2)})`,
    )
    // two types for each name, fresh and not, and no more: nothing is multiplied by the union
    expect(named.types - plain.types).toBeLessThan(names.length * 2 + 100)
    expect(named.instantiations).toBeLessThan(plain.instantiations * 1.1 + 100)
    expect(ratio()).toBeLessThan(1.3)
  })
})

interface Cost {
  readonly types: number
  readonly instantiations: number
  /** From source text to diagnostics, without the standard library's parsing. */
  readonly milliseconds: number
}

const folder = resolve('src/types')
const page = join(folder, 'ten-lines.ts')
const optionsFile = join(folder, 'options.ts')
const parsed = new Map<string, ts.SourceFile | undefined>()

const settings: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
}

function compile(named: boolean): Cost {
  const host = ts.createCompilerHost(settings)
  const { getSourceFile, fileExists, readFile } = host
  const own: Readonly<Record<string, () => string>> = {
    [page]: () => user,
    [file]: () => (named ? text : plainTypes),
    [optionsFile]: () =>
      readFileSync(optionsFile, 'utf8').replace(/'[./]+providers\/known-models\.js'/, "'./known-models.generated.js'"),
  }
  host.fileExists = (name) => name in own || fileExists(name)
  host.readFile = (name) => own[name]?.() ?? readFile(name)
  host.getSourceFile = (name, version) => {
    const source = own[name]
    if (source) return ts.createSourceFile(name, source(), version)
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, version))
    return parsed.get(name)
  }
  const startedAt = performance.now()
  const program = ts.createProgram([page], settings, host)
  const wrong = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText)
  const milliseconds = performance.now() - startedAt
  expect(wrong).toEqual([])
  return { types: program.getTypeCount(), instantiations: program.getInstantiationCount(), milliseconds }
}
