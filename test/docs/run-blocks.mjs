// Runs the code blocks of a page one after the other against a simulator, and prints one line of JSON for each.
//
//     node test/docs/run-blocks.mjs <folder>
//
// The environment is that of a machine whose providers are all the simulator: what a reader would set, and no more.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { startSimulator } from 'llmux/testing'

const [folder] = process.argv.slice(2)
const simulator = await startSimulator()
Object.assign(process.env, {
  OPENAI_API_KEY: 'sk-of-the-reader',
  OPENAI_BASE_URL: simulator.openaiBase,
  ANTHROPIC_API_KEY: 'sk-ant-of-the-reader',
  ANTHROPIC_BASE_URL: simulator.anthropicBase,
  GROQ_API_KEY: 'gsk-of-the-reader',
})

// what a block prints is part of its line, and not of this program's output
const write = process.stdout.write.bind(process.stdout)
let printed = ''
process.stdout.write = (text) => {
  printed += text
  return true
}
for (const method of ['log', 'error', 'warn', 'info']) {
  console[method] = (...values) => {
    printed += `${values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ')}\n`
  }
}

let stray
process.on('unhandledRejection', (error) => {
  stray = error
})

for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith('.mjs')) continue
  const file = join(folder, name)
  // the one address that blocks have to write out
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('http://localhost:8080', simulator.url))
  simulator.reset()
  printed = ''
  stray = undefined
  let error
  try {
    await Promise.race([run(file), tooLong()])
  } catch (thrown) {
    error = thrown
  }
  await new Promise((resolve) => setImmediate(resolve))
  error ??= stray
  write(`${JSON.stringify({ name, printed, ...(error && { error: inspect(error) }) })}\n`)
}
await simulator.close()
process.exit(0)

async function run(file) {
  const { POST } = await import(pathToFileURL(file))
  if (!POST) return
  // a handler is only right when it answers
  const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }] })
  const response = await POST(new Request('http://localhost/', { method: 'POST', body }))
  console.log(await response.text())
}

function tooLong() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('The block was not done after 15 s')), 15_000).unref()
  })
}
