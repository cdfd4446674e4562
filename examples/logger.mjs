// Logs of calls, with pino: retries as warnings, ends as infos and errors, and never content.
// Run: node examples/logger.mjs   (needs pino: npm install pino)

import { createClient } from 'llmux'
import { startSimulator } from 'llmux/testing'
import pino from 'pino'

// level: 'debug' shows each start, first token and cache hit too
const logger = pino({ base: undefined, level: 'info' })

const simulator = await startSimulator()
const client = createClient({
  logger,
  providers: { openai: { apiBase: simulator.openaiBase, apiKey: 'any' } },
})
const request = { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: 'Say hello.' }] }

// a retry, then a success
simulator.fail({ kind: 'status', status: 429, retryAfterMs: 20 })
await client.completion({ ...request, tags: ['support'] })

// a failure, which the caller gets, and the log too
simulator.fail({ kind: 'status', status: 401 })
await client.completion({ ...request, traceId: 'conversation-1' }).catch(({ code }) => logger.info({ code }, 'caught'))

await client.close()
await simulator.close()
