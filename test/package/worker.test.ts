import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, scratch } from './consumer.js'

let folder: Awaited<ReturnType<typeof scratch>>

beforeAll(async () => {
  folder = await scratch()
})

afterAll(async () => {
  await folder[Symbol.asyncDispose]()
})

const app = `
  import { createClient } from 'llmux'
  const body = {
    id: 'x', object: 'chat.completion', created: 1, model: 'm',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'bundled' } }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }
  const client = createClient({ fetch: async () => Response.json(body), providers: { moonshot: { apiKey: 'k' } } })
  const messages = [{ role: 'user', content: 'Hi' }]
  export const completion = async () =>
    (await client.completion({ model: 'moonshot/m', messages })).choices[0].message.content
  export const translated = async () =>
    (await client.messages({ model: 'moonshot/m', max_tokens: 9, messages })).content[0].text
  export const moderated = async () =>
    (await client.moderation({ model: 'openai/omni-moderation-latest', apiKey: 'k', input: 'Hi' })).results.length
  export const drawn = async () =>
    (await client.imageGeneration({ model: 'gemini/imagen-4.0-generate-001', apiKey: 'k', prompt: 'A bird' })).data.length
  export const misspelt = () => client.completion({ model: 'moonshot/m', messages, temprature: 1 })
  export const fetched = async () => {
    const request = { method: 'POST', body: JSON.stringify({ model: 'moonshot/m', input: 'Hi' }) }
    const answer = await (await client.fetch('http://llmux/v1/responses', request)).json()
    return answer.output.at(-1).content[0].text
  }
`

type App = Record<'completion' | 'translated' | 'moderated' | 'drawn' | 'misspelt' | 'fetched', () => Promise<unknown>>

async function bundle(name: string, contents: string): Promise<App> {
  return (await import(pathToFileURL(await write(name, contents)).href)) as App
}

async function write(name: string, contents: string, minify = false): Promise<string> {
  const outfile = join(folder.path, `${name}.mjs`)
  await build({
    stdin: { contents, resolveDir: root },
    outfile,
    minify,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['redis', 'tiktoken', 'tiktoken/*', '@azure/identity', '@aws-sdk/*', 'google-auth-library', 'zod'],
    logLevel: 'error',
  })
  return outfile
}

describe('a bundle for workers', () => {
  it('has a build of every entry that runs there', async () => {
    const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { exports: object }
    const entries = Object.entries(exports).filter(([name]) => name !== './testing' && name !== './package.json')
    const missing = entries.filter(([, conditions]) => Object.keys(conditions)[0] !== 'workerd')
    expect(missing.map(([name]) => name)).toEqual([])
  })

  it('leaves out the Router, the server and rare operations, unless they are used', async () => {
    const sizeOf = async (name: string, contents: string) => (await stat(await write(name, contents, true))).size
    const client = await sizeOf('client', app)
    expect(client).toBeLessThan(729_500)
    expect(await sizeOf('router', `export { Router } from 'llmux'\n${app}`)).toBeGreaterThan(client + 60_000)
    expect(await sizeOf('server', `import 'llmux/server'\n${app}`)).toBeGreaterThan(client + 60_000)
  })

  it('completes chats without the server', async () => {
    const worker = await bundle('small', app)
    expect(await worker.completion()).toBe('bundled')
  })

  it('unpacks the texts of errors', async () => {
    const advice = "Put a field of the provider into 'extra_body'."
    await expect((await bundle('errors', app)).misspelt()).rejects.toMatchObject({
      message: `Unknown parameter 'temprature'. Did you mean 'temperature'? ${advice}`,
    })
    expect(await readFile(join(folder.path, 'errors.mjs'), 'utf8')).not.toContain(advice)
  })

  it('asks for the server for a call that needs it', async () => {
    const worker = await bundle('small-again', app)
    for (const call of [worker.translated, worker.fetched, worker.moderated, worker.drawn]) {
      await expect(call()).rejects.toMatchObject({
        name: 'BadRequestError',
        message: expect.stringContaining("Add the line: import 'llmux/server'."),
      })
    }
  })

  it('speaks every API with an import of the server', async () => {
    const worker = await bundle('whole', `import 'llmux/server'\n${app}`)
    expect(await worker.translated()).toBe('bundled')
    expect(await worker.fetched()).toBe('bundled')
  })
})
