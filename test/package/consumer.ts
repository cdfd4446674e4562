/** Packs the built package and installs it into fresh projects, without a network. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const execute = promisify(execFile)

export async function run(program: string, args: readonly string[], cwd: string, env = process.env): Promise<Result> {
  try {
    const { stdout, stderr } = await execute(program, args, { cwd, env, timeout: 120_000, maxBuffer: 16 * 1024 * 1024 })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout = '', stderr = String(error) } = error as Partial<Result> & { code?: unknown }
    return { code: typeof code === 'number' ? code : 1, stdout, stderr }
  }
}

/** Runs a program of this project's node_modules. */
export function bin(name: string): string {
  return join(root, 'node_modules', '.bin', name)
}

export async function scratch(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'llmux-package-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

export interface Packed {
  readonly tarball: string
  readonly bytes: number
  readonly unpackedBytes: number
  readonly files: readonly string[]
}

/** `npm pack`, as a release does it. */
export async function pack(into: string): Promise<Packed> {
  if (!existsSync(join(root, 'dist', 'index.js'))) throw new Error('There is no dist/: run `npm run build` first.')
  await mkdir(into, { recursive: true })
  const { code, stdout, stderr } = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', into],
    root,
  )
  if (code !== 0) throw new Error(`npm pack: ${stderr}`)
  const [told] = Object.values(JSON.parse(stdout)) as {
    filename: string
    size: number
    unpackedSize: number
    files: { path: string }[]
  }[]
  if (!told) throw new Error('npm pack told nothing')
  return {
    tarball: join(into, told.filename),
    bytes: told.size,
    unpackedBytes: told.unpackedSize,
    files: told.files.map(({ path }) => path).sort(),
  }
}

export async function manifest(folder = root): Promise<{
  version: string
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  exports: Record<string, unknown>
}> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
}

/**
 * A fresh project with the tarball installed by npm. The package's own dependencies are given to npm as folders of this
 * project's node_modules, and copied, so that no network is needed. What the package needs and has not declared is not there.
 */
export async function project(
  path: string,
  { tarball }: Packed,
  {
    type,
    files,
    tools = [],
  }: { type?: 'module' | 'commonjs'; files: Record<string, string>; tools?: readonly string[] },
): Promise<string> {
  await mkdir(path, { recursive: true })
  const { dependencies = {} } = await manifest()
  const folders = [...Object.keys(dependencies), ...tools].map((name) => [
    name,
    `file:${join(root, 'node_modules', name)}`,
  ])
  const json = { name: 'consumer', private: true, ...(type ? { type } : {}), dependencies: Object.fromEntries(folders) }
  await writeFile(join(path, 'package.json'), JSON.stringify(json))
  const flags = [
    '--install-links',
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--omit=optional',
    '--omit=peer',
  ]
  const { code, stderr } = await run('npm', ['install', ...flags, tarball], path)
  if (code !== 0) throw new Error(`npm install: ${stderr}`)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), text)
  }
  return path
}

/** Answers as OpenAI and as Anthropic do, whatever the host in front of the path is; 429 where the model is `limited`. */
export async function tinyServer(): Promise<{ url: string; requests: string[] } & AsyncDisposable> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8')
    request.on('data', (data: string) => {
      text += data
    })
    request.on('end', () => {
      const url = request.url ?? ''
      requests.push(url)
      answer(response, url, JSON.parse(text))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(response: ServerResponse, url: string, body: { model?: string; stream?: boolean }): void {
  const json = (status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  if (body.model === 'limited')
    return json(429, { error: { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' } })
  if (url.endsWith('/messages')) {
    const usage = { input_tokens: 3, output_tokens: 2 }
    const content = [{ type: 'text', text: 'hello' }]
    return json(200, {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'tiny',
      content,
      stop_reason: 'end_turn',
      usage,
    })
  }
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  if (url.endsWith('/embeddings')) {
    const data = [
      { object: 'embedding', index: 0, embedding: Buffer.from(Float32Array.of(0.5, -0.5).buffer).toString('base64') },
    ]
    return json(200, { object: 'list', model: 'tiny', data, usage: { prompt_tokens: 3, total_tokens: 3 } })
  }
  const head = { id: 'chatcmpl-1', created: 1, model: 'tiny' }
  if (!body.stream) {
    const message = { role: 'assistant', content: 'hello', refusal: null }
    const choices = [{ index: 0, message, finish_reason: 'stop', logprobs: null }]
    return json(200, { ...head, object: 'chat.completion', choices, usage })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (value: unknown) =>
    response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...(value as object) })}\n\n`)
  event({ choices: [{ index: 0, delta: { role: 'assistant', content: 'hel' }, finish_reason: null }] })
  event({ choices: [{ index: 0, delta: { content: 'lo' }, finish_reason: null }] })
  event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
  event({ choices: [], usage })
  response.end('data: [DONE]\n\n')
}
