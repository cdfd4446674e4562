#!/usr/bin/env node
// Runs the vendors' Python packages and pydantic-ai through createHandler(), in front of upstreams of seven providers: each asks a question,
// runs a tool and repeats its result, with whole answers and with streams.
//
//     npm run build && node scripts/python-sdks.mjs
//
// Fails if a check fails. Without Python 3.10 or later it does nothing. The packages stay in node_modules/.cache/llmux-python.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '../dist/index.js'
import { createHandler } from '../dist/server.js'
import { mockProvider } from '../dist/testing.js'

const packages = [
  'openai==3.57.0',
  'anthropic==2.14.0',
  'google-genai==2.34.0',
  'pydantic-ai-slim[anthropic,google]==2.68.0',
]

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = process.env.LLMUX_PYTHON_SDKS ?? join(root, 'node_modules', '.cache', 'llmux-python')
const python = join(cache, 'bin', 'python')

function hasPython() {
  try {
    execFileSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'])
    return true
  } catch {
    return false
  }
}

if (!hasPython()) {
  console.log('no Python 3.10 or later: nothing was checked')
  process.exit(0)
}
if (!existsSync(python)) {
  execFileSync('python3', ['-m', 'venv', cache])
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages], {
    stdio: 'inherit',
  })
}

/** The first answer is a call, the second a text. */
function reply({ body }) {
  const answered = JSON.stringify(body).includes('rain at 7 degrees')
  if (answered) return { text: 'Rain in Oslo.' }
  return {
    text: 'I look it up.',
    reasoning: 'A city.',
    toolCalls: [{ name: 'get_weather', arguments: { city: 'Oslo' } }],
  }
}

const mock = mockProvider({ reply })
const account = { apiKey: 'key' }
const client = createClient({
  dispatcher: mock.dispatcher,
  maxRetries: 0,
  providers: {
    openai: account,
    mistral: account,
    anthropic: account,
    gemini: account,
    cohere: account,
    ollama: {},
    bedrock: { ...account, region: 'us-east-1' },
  },
})
const server = createServer(createHandler(client).node)
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const base = `http://127.0.0.1:${server.address().port}`

let failed = 0
for (const model of [
  'openai/gpt-4o',
  'mistral/mistral-large-latest',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-3-flash-preview',
  'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'cohere/command-a-reasoning-08-2025',
  'ollama/qwen3:4b',
]) {
  const child = spawn(python, [join(root, 'scripts', 'python-sdks.py'), base, model], { stdio: 'inherit' })
  if ((await new Promise((done) => child.on('close', done))) !== 0) failed++
}
server.closeAllConnections()
server.close()
await client.close()
await mock.close()
console.log(failed === 0 ? 'all passed' : `${failed} upstreams failed`)
process.exitCode = failed === 0 ? 0 : 1
