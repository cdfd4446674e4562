import { resolve } from 'node:path'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

/** A user's file; each `|` is a cursor. */
const marked = `import { createClient, modelInfo, Router } from '../../src/index.js'
const client = createClient({ providers: { '|': {} } })
client.completion({ model: '|', messages: [] })
client.embedding({ model: '|', input: 'a' })
client.rerank({ model: '|', query: 'a', documents: [] })
modelInfo('|')
new Router({ modelList: [{ modelName: 'a', params: { model: '|' } }] })
client.responses({ model: '|', input: 'a' })
`
const file = resolve('test/types/editor-page.ts')
const text = marked.replaceAll('|', '')
const cursors = [...marked.matchAll(/\|/g)].map(({ index }, at) => index - at)

describe('an editor', () => {
  let offered: string[][] = []

  beforeAll(() => {
    const service = ts.createLanguageService({
      getScriptFileNames: () => [file],
      getScriptVersion: () => '1',
      getScriptSnapshot: (name) => {
        const source = name === file ? text : ts.sys.readFile(name)
        return source === undefined ? undefined : ts.ScriptSnapshot.fromString(source)
      },
      getCurrentDirectory: () => resolve('.'),
      getCompilationSettings: () => ({
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        strict: true,
        skipLibCheck: true,
      }),
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (name) => name === file || ts.sys.fileExists(name),
      readFile: ts.sys.readFile,
    })
    offered = cursors.map((at) =>
      (service.getCompletionsAtPosition(file, at, undefined)?.entries ?? []).map(({ name }) => name),
    )
    service.dispose()
  }, 120_000)

  it('offers the ids of providers for createClient()', () => {
    expect(offered[0]).toEqual(expect.arrayContaining(['openai', 'anthropic', 'vertex_ai', 'together_ai']))
  })

  it.each([
    ['completion()', 1, 'anthropic/claude-opus-5', 'cohere/rerank-v3.5'],
    ['embedding()', 2, 'text-embedding-3-small', 'gpt-4o'],
    ['rerank()', 3, 'cohere/rerank-v3.5', 'gpt-4o'],
    ['responses()', 6, 'gpt-4o', 'text-embedding-3-small'],
  ])('offers the models of the operation for %s', (_, at, own, other) => {
    expect(offered[at]).toContain(own)
    expect(offered[at]).not.toContain(other)
  })

  it.each([
    ['modelInfo()', 4],
    ['params of a Router', 5],
  ])('offers every model for %s', (_, at) => {
    expect(offered[at]).toEqual(
      expect.arrayContaining(['gpt-4o', 'text-embedding-3-small', 'cohere/rerank-v3.5', 'vertex_ai/claude-opus-5']),
    )
  })
})
