// A worker of scripts/bullmq.mjs: node worker.mjs <folder of bullmq> <port of Redis> <apiBase>
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createClient } from '../../dist/index.js'

const [, , folder, port, apiBase] = process.argv
const require = createRequire(join(folder, 'package.json'))
const { Worker } = require('bullmq')
const Redis = require('ioredis').default

const connection = { host: '127.0.0.1', port: Number(port), maxRetriesPerRequest: null }
const redis = new Redis(connection)
const client = createClient({ providers: { openai: { apiKey: 'k', apiBase } } })

const worker = new Worker(
  'calls',
  async (job) => {
    const key = `answer:${job.id}`
    // a worker that died after its call has left the answer, and the job is given to another one
    if (await redis.exists(key)) return
    const answer = await client.completion(job.data)
    const value = JSON.stringify({ text: answer.choices[0].message.content, cost: answer.meta.cost.total })
    await redis.set(key, value, 'NX')
  },
  // jobs of a dead worker are given to others after the time of their lock
  { connection, concurrency: 8, lockDuration: 10_000, stalledInterval: 2000 },
)
worker.on('error', (error) => console.error(error.message))
process.on('SIGTERM', async () => {
  await worker.close()
  await client.close()
  redis.disconnect()
})
