// Calls the built package through its own name, with import and with require, against the simulator that it ships.
// Written for every Node that the package supports: `npm run build`, then `<some node> scripts/smoke.mjs`.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const copies = {
  import: { ...(await import('llmux')), ...(await import('llmux/testing')) },
  require: { ...require('llmux'), ...require('llmux/testing') },
}

const messages = [{ role: 'user', content: 'Hello there' }]
let passed = 0
let failed = 0

for (const [how, copy] of Object.entries(copies)) {
  const { completion, createClient, embedding, LLMError, startSimulator } = copy
  const simulator = await startSimulator()
  const openai = { model: 'openai/gpt-4o-mini', apiKey: 'k', apiBase: simulator.openaiBase, maxRetries: 0, messages }
  const anthropic = {
    ...openai,
    model: 'anthropic/claude-sonnet-4-20250514',
    apiBase: simulator.anthropicBase,
    max_tokens: 64,
  }

  const checks = {
    'a call of OpenAI': () => chat(openai),
    'a call of Anthropic': () => chat(anthropic),
    'a stream of OpenAI': () => stream(openai),
    'a stream of Anthropic': () => stream(anthropic),
    'a loop that is left': async () => {
      for await (const _ of await completion({ ...openai, model: 'openai/slow-chunks-20', stream: true })) break
    },
    'an abort': async () => {
      const signal = AbortSignal.timeout(30)
      const error = await completion({ ...openai, model: 'openai/slow-headers-2000', signal }).catch((reason) => reason)
      assert.equal(error.code, 'aborted')
    },
    'a stream that is cut': async () => {
      const cut = await completion({ ...openai, model: 'openai/cut-after-1', stream: true })
      await assert.rejects(cut.final(), (error) => error.code === 'stream_interrupted' && LLMError.is(error))
    },
    'an error': async () => {
      const error = await completion({ ...openai, model: 'openai/fail-429' }).catch((reason) => reason)
      assert.equal(error.code, 'rate_limit')
      for (const other of Object.values(copies))
        assert.ok(other.LLMError.is(error), 'each copy knows the errors of the other')
    },
    'a retry': async () => {
      const answer = await completion({ ...openai, model: 'openai/fail-500-x1', maxRetries: 2 })
      assert.equal(answer.meta.retries, 1)
    },
    vectors: async () => {
      const { apiKey, apiBase } = openai
      const call = { model: 'openai/text-embedding-3-small', input: ['a', 'b'], apiKey, apiBase }
      assert.equal((await embedding(call)).data.length, 2)
      assert.ok((await embedding({ ...call, vectorType: 'float32' })).data[1].embedding instanceof Float32Array)
    },
    'a client that is closed': async () => {
      const client = createClient()
      await client.completion(openai)
      await client.close()
    },
  }

  async function chat(call) {
    const answer = await completion(call)
    assert.ok(answer.choices[0].message.content.length > 0)
    assert.equal(answer.choices[0].finish_reason, 'stop')
    assert.ok(answer.usage.total_tokens > 0)
  }

  async function stream(call) {
    const chunks = await completion({ ...call, stream: true })
    let text = ''
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? ''
    assert.ok(text.length > 0)
    assert.equal(await chunks.text(), text)
  }

  for (const [name, check] of Object.entries(checks)) {
    try {
      await check()
      passed++
    } catch (error) {
      failed++
      console.error(`node ${process.version}, ${how}: ${name}:`, error)
    }
  }
  await simulator.close()
}

console.log(`node ${process.version}, import and require:`)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
// a process that is still open after ten seconds has a leak
setTimeout(() => {
  console.error(`node ${process.version}: the process does not end: ${process.getActiveResourcesInfo().join(', ')}`)
  process.exit(1)
}, 10_000).unref()
