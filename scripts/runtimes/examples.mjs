// Starts the examples for Bun, Deno and workers, and asks each for a stream and for an error.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'

/** @returns the failures */
export async function runExamples({ folders, project, simulator }) {
  const env = { OPENAI_API_KEY: 'simulated', OPENAI_BASE_URL: simulator.openaiBase, PORT: '0' }
  const started = {
    'bun.mjs': () => startProgram([join(folders.get('Bun'), 'bin', 'bun'), 'bun.mjs'], project, env),
    'deno.mjs': () => {
      const flags = ['run', '--allow-net', '--allow-env', '--no-remote', '--node-modules-dir=manual']
      return startProgram([join(folders.get('Deno'), 'deno'), ...flags, 'deno.mjs'], project, env)
    },
    'worker.mjs': () => startWorker(folders.get('workerd'), project, env),
  }
  const failures = []
  for (const [name, start] of Object.entries(started)) {
    let example
    try {
      example = await start()
      await ask(example.url)
      console.log(`examples/${name}: answers`)
    } catch (error) {
      failures.push(`examples/${name}: ${error.message}`)
    } finally {
      await example?.stop()
    }
  }
  return failures
}

async function ask(url) {
  const post = (body) => fetch(url, { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) })
  const stream = await post({ messages: [{ role: 'user', content: 'Hi' }] })
  const text = await stream.text()
  if (stream.status !== 200 || !text.trimEnd().endsWith('data: [DONE]'))
    throw new Error(`answered ${stream.status}: ${text}`)
  const refused = await post({})
  if (refused.status !== 400) throw new Error(`answered ${refused.status} to a request without messages`)
}

/** Starts a program that prints its address first. */
function startProgram([program, ...args], cwd, env) {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env, NO_COLOR: '1' } })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const stop = async () => {
    child.kill()
    await ended
  }
  return new Promise((resolve, reject) => {
    let out = ''
    const timer = setTimeout(() => reject(new Error(`printed no address: ${out}`)), 20_000)
    const read = (bytes) => {
      out += bytes
      const [url] = /http:\/\/\S+/.exec(out) ?? []
      if (url) resolve({ url, stop })
      if (url) clearTimeout(timer)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', (bytes) => {
      out += bytes
    })
    child.once('error', reject)
    ended.then((code) => reject(new Error(`ended with ${code}: ${out}`)))
  })
}

async function startWorker(folder, project, env) {
  const { Miniflare } = createRequire(join(folder, 'package.json'))(folder)
  const { outputFiles } = await build({
    entryPoints: [join(project, 'example-worker.mjs')],
    ...{ bundle: true, format: 'esm', target: 'es2022', write: false, logLevel: 'error' },
    conditions: ['workerd', 'worker', 'browser'],
    external: ['redis', 'tiktoken', 'tiktoken/*', '@azure/identity', '@aws-sdk/*', 'google-auth-library', 'zod'],
  })
  const miniflare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents: outputFiles[0].text }],
    compatibilityDate: '2026-06-01',
    bindings: env,
  })
  return { url: (await miniflare.ready).href, stop: () => miniflare.dispose() }
}
