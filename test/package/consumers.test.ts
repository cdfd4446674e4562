import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { providerIds } from '../../providers/registry.js'
import { bin, type Packed, pack, project, type Result, root, run, scratch, tinyServer } from './consumer.js'

/** What every consumer does with the package, in the words of its own module system: a call, a stream, vectors, an error. */
const steps = `
  const to = { model: 'openai/tiny', apiKey: 'k', apiBase: process.env.TINY + '/v1', maxRetries: 0 }
  const messages = [{ role: 'user', content: 'hi' }]
  const answer = await completion({ ...to, messages })
  const stream = await completion({ ...to, messages, stream: true })
  let streamed = ''
  for await (const chunk of stream) streamed += chunk.choices[0]?.delta.content ?? ''
  const vectors = await embedding({ ...to, input: 'hi' })
  const error = await completion({ ...to, model: 'openai/limited', messages }).catch((reason) => reason)
  const claude = await completion({ ...to, model: 'anthropic/tiny', apiBase: process.env.TINY, messages, max_tokens: 8 })
  console.log(JSON.stringify({
    answer: answer.choices[0].message.content,
    streamed,
    vector: [...vectors.data[0].embedding],
    error: [error.name, error instanceof RateLimitError, LLMError.is(error), error.status],
    claude: claude.choices[0].message.content,
    simulator: typeof startSimulator,
  }))
`

const told = {
  answer: 'hello',
  streamed: 'hello',
  vector: [0.5, -0.5],
  error: ['RateLimitError', true, true, 429],
  claude: 'hello',
  simulator: 'function',
}

let folder: Awaited<ReturnType<typeof scratch>>
let server: Awaited<ReturnType<typeof tinyServer>>
let packed: Packed

beforeAll(async () => {
  folder = await scratch()
  server = await tinyServer()
  packed = await pack(folder.path)
}, 60_000)

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function node(path: string, file: string, args: readonly string[] = []): Promise<Result> {
  return run(process.execPath, [...args, file], path, { ...process.env, TINY: server.url, NODE_OPTIONS: '' })
}

function json(result: Result): unknown {
  expect(result.code, result.stderr).toBe(0)
  // warnings of Node are warnings of ours: experimental features, deprecations
  expect(result.stderr).toBe('')
  return JSON.parse(result.stdout)
}

describe('a project of ES modules', () => {
  test('calls, streams, embeds and catches', async () => {
    const main = `
      import { completion, embedding, LLMError, RateLimitError } from 'llmux'
      import { startSimulator } from 'llmux/testing'
      ${steps}`
    const path = await project(join(folder.path, 'esm'), packed, { type: 'module', files: { 'main.js': main } })
    expect(json(await node(path, 'main.js'))).toEqual(told)
  })
})

describe('a project of CommonJS', () => {
  let path: string

  beforeAll(async () => {
    const main = `
      const { completion, embedding, LLMError, RateLimitError } = require('llmux')
      const { startSimulator } = require('llmux/testing')
      ;(async () => {${steps}})()`
    path = await project(join(folder.path, 'cjs'), packed, { type: 'commonjs', files: { 'main.js': main } })
  }, 60_000)

  test('calls, streams, embeds and catches', async () => {
    expect(json(await node(path, 'main.js'))).toEqual(told)
  })

  test('imports it, too, and each copy knows the errors of the other', async () => {
    await writeFile(
      join(path, 'both.mjs'),
      `
      import { createRequire } from 'node:module'
      import * as esm from 'llmux'
      const cjs = createRequire(import.meta.url)('llmux')
      const fail = (copy) => copy.completion({
        model: 'openai/limited', apiKey: 'k', apiBase: process.env.TINY + '/v1', maxRetries: 0, messages: [{ role: 'user', content: 'hi' }],
      }).catch((error) => error)
      const [fromESM, fromCJS] = [await fail(esm), await fail(cjs)]
      console.log(JSON.stringify({
        twoCopies: esm.LLMError !== cjs.LLMError,
        own: [esm.LLMError.is(fromESM), cjs.LLMError.is(fromCJS)],
        other: [esm.LLMError.is(fromCJS), cjs.LLMError.is(fromESM)],
        codes: [fromESM.code, fromCJS.code],
        names: Object.keys(esm).filter((name) => !(name in cjs)).concat(Object.keys(cjs).filter((name) => !(name in esm))),
      }))`,
    )
    expect(json(await node(path, 'both.mjs'))).toEqual({
      twoCopies: true,
      own: [true, true],
      other: [true, true],
      codes: ['rate_limit', 'rate_limit'],
      names: [],
    })
  })

  test.each(['import', 'require'])(
    'every provider loads with %s',
    async (how) => {
      const ids = await providerIds()
      const file = how === 'import' ? 'providers.mjs' : 'providers.cjs'
      await writeFile(
        join(path, file),
        `
      ${how === 'import' ? `import { completion, LLMError } from 'llmux'` : `const { completion, LLMError } = require('llmux')`}
      const failed = {}
      async function main() {
        for (const id of ${JSON.stringify(ids)}) {
          const call = { model: id + '/tiny', apiKey: 'k', apiBase: process.env.TINY + '/v1', maxRetries: 0, max_tokens: 8 }
          try {
            await completion({ ...call, messages: [{ role: 'user', content: 'hi' }] })
          } catch (error) {
            // of us: it was loaded, and then wanted more, or another answer. Of Node: a part of it is not in the tarball
            if (!LLMError.is(error) || /^Unknown provider/.test(error.message)) failed[id] = String(error?.stack ?? error)
          }
        }
        console.log(JSON.stringify(failed))
      }
      main()`,
      )
      expect(ids.length).toBeGreaterThan(2)
      expect(json(await node(path, file))).toEqual({})
    },
    60_000,
  )
})

describe('a project that is bundled into one file', () => {
  // the banner of docs/guide.md
  const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)"
  const shapes = [
    { format: 'cjs', name: 'main.cjs' },
    { format: 'esm', name: 'main.mjs', banner: { js: banner } },
  ] as const

  test.each(shapes)(
    'needs none of the optional packages, and says so where it does: $format',
    async (shape) => {
      const { name, ...options } = shape
      const main = `
      import { completion, createClient, embedding, LLMError, RateLimitError, redisCache, tokenCounter } from 'llmux'
      import { startSimulator } from 'llmux/testing'
      async function main() {${steps}
        const said = []
        const store = redisCache({ url: 'redis://127.0.0.1:1' })
        const client = createClient({ cache: { store, onError: ({ error }) => said.push(error.message) } })
        await client.completion({ ...to, messages })
        await client.close()
        await tokenCounter({ model: 'openai/gpt-4o', text: 'hi' }).catch((error) => said.push(error.message))
        console.log(JSON.stringify([...new Set(said)]))
      }
      main()`
      const path = await project(join(folder.path, `bundled-${options.format}`), packed, {
        type: 'module',
        files: { 'main.js': main },
      })
      const outfile = join(folder.path, 'one-file', name)
      const { warnings } = await build({
        ...{ entryPoints: [join(path, 'main.js')], absWorkingDir: path, outfile, logLevel: 'silent' },
        ...{ bundle: true, platform: 'node', target: 'node20', ...options },
      })
      expect(warnings).toEqual([])
      const { code, stdout, stderr } = await node(dirname(outfile), name)
      expect(code, stderr).toBe(0)
      expect(await readFile(join(root, 'docs/guide.md'), 'utf8')).toContain(banner)
      const [results, said] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(results).toEqual(told)
      expect(said).toEqual([
        expect.stringContaining('npm install redis'),
        expect.stringContaining('npm install tiktoken'),
      ])
    },
    60_000,
  )
})

describe('a project of TypeScript', () => {
  const source = `
    import { completion, createClient, embedding, LLMError, RateLimitError, type ChatCompletion, type Message } from 'llmux'
    import { startSimulator } from 'llmux/testing'

    export async function main(): Promise<string> {
      const messages: Message[] = [{ role: 'user', content: 'hi' }]
      const answer: ChatCompletion = await completion({ model: 'openai/gpt-4o', messages, temperature: 0 })
      const stream = await completion({ model: 'anthropic/claude-sonnet-4-5', messages, stream: true })
      let text: string = answer.choices[0]?.message.content ?? ''
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      const client = createClient({ providers: { openai: { apiKey: 'k' } } })
      const { data } = await client.embedding({ model: 'openai/text-embedding-3-small', input: text })
      const first: number[] | undefined = data[0]?.embedding
      const packed: Float32Array | undefined = (await embedding({ model: 'x/y', input: 'hi', vectorType: 'float32' })).data[0]?.embedding
      try {
        void [first, packed, startSimulator]
      } catch (error) {
        if (LLMError.is(error) && error.code === 'rate_limit') text += error.retryAfterMs
        if (error instanceof RateLimitError) text += error.status
      }
      // @ts-expect-error: an option in the wrong case
      await completion({ model: 'openai/gpt-4o', messages, max_retries: 1 }).catch(() => {})
      // @ts-expect-error: no model
      await completion({ messages }).catch(() => {})
      return text
    }
  `
  const common = {
    target: 'ES2022',
    lib: ['ES2022'],
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    // our declarations are checked, too
    skipLibCheck: false,
    types: ['node'],
  }
  const configs = {
    'nodenext.json': { compilerOptions: { ...common, module: 'NodeNext' }, files: ['main.mts', 'main.cts'] },
    'node16.json': { compilerOptions: { ...common, module: 'Node16' }, files: ['main.mts', 'main.cts'] },
    'bundler.json': {
      compilerOptions: { ...common, module: 'ESNext', moduleResolution: 'bundler' },
      files: ['main.ts'],
    },
  }
  let path: string

  beforeAll(async () => {
    const sources = { 'main.mts': source, 'main.cts': source, 'main.ts': source }
    const settings = Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, JSON.stringify(config)]))
    const tools = ['@types/node', 'undici-types']
    path = await project(join(folder.path, 'typescript'), packed, {
      type: 'module',
      files: { ...sources, ...settings },
      tools,
    })
  }, 60_000)

  test.each(Object.keys(configs))(
    'compiles with %s',
    async (config) => {
      const { code, stdout, stderr } = await run(bin('tsc'), ['-p', config], path)
      expect(code, stdout + stderr).toBe(0)
    },
    60_000,
  )
})
