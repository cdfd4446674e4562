// Limits of a key, its team and everything, reserved together for each call; a budget is raised at run time.
// Run: node examples/limits.mjs    REDIS_URL=redis://localhost:6379 shares them among processes.

import { completion, memoryLimits, redisLimits } from 'llmux'
import { done } from './setup.mjs'

const { REDIS_URL: url } = process.env
const limits = url ? redisLimits({ url }) : memoryLimits()

// plain data, for example from a database; a change counts from the next call
const accounts = {
  key: { key: 'key:7f3a', requests: 3, parallel: 2 },
  team: { key: 'team:search', budget: 0.0005, budgetWindow: { duration: '1d', type: 'calendar' } },
  global: { key: 'global', tokens: 100_000 },
}

async function ask(question) {
  const found = await limits.reserve({
    candidates: [{ id: 'call', accounts: Object.values(accounts), estimate: 0.0002, most: 0.0003 }],
    tokens: 500,
    timeout: 60_000,
  })
  if ('reasons' in found) {
    const [{ kind, account, retryAfterMs }] = found.reasons
    console.log(`refused by ${account}: ${kind}${retryAfterMs ? ', try again later' : ''}`)
    return
  }
  try {
    const answer = await completion({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: question }],
      max_tokens: 300,
    })
    limits.settle(found, { tokens: answer.usage?.total_tokens, cost: answer.meta.cost.total ?? 0.0001 })
    console.log(`answered: ${answer.choices[0].message.content}`)
  } catch (error) {
    limits.release(found)
    throw error
  }
}

await ask('What is a key?')
// what a ledger knows counts too, however often it is repeated
await limits.seed(accounts.team, { spent: 0.0004 })
await ask('What is a team?')
accounts.team = { ...accounts.team, budget: 0.01 }
await ask('What is a budget?')
await ask('What is a limit?')
await ask('What is too much?')

const { requests, inFlight } = await limits.usage(accounts.key)
console.log(`key: ${requests} requests, ${inFlight} in flight`)
await limits.close()
await done()
