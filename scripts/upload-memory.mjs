// Sends a file of 200 MiB as a transcription to a local server, with one failed attempt, and prints the memory of the process. Run it after
// `npm run build`: node scripts/upload-memory.mjs

import { fork } from 'node:child_process'
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '../dist/index.js'

const mebibyte = 1024 * 1024
const size = 200 * mebibyte

if (process.argv[2] === 'server') {
  let attempts = 0
  const server = createServer(async (request, response) => {
    let received = 0
    for await (const chunk of request) received += chunk.length
    attempts++
    response.writeHead(attempts === 2 ? 503 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(attempts === 2 ? { error: { message: 'Busy' } } : { text: String(received) }))
  }).listen(0, '127.0.0.1', () => process.send(server.address().port))
} else {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-upload-'))
  const path = join(folder, 'call.wav')
  for (let at = 0; at < 200; at++) writeFileSync(path, Buffer.alloc(mebibyte, at), { flag: 'a' })
  const server = fork(fileURLToPath(import.meta.url), ['server'])
  const port = await new Promise((resolve) => server.once('message', resolve))
  const client = createClient({ maxRetryDelay: 1 })
  const call = (data, bytes) =>
    client.transcription({
      model: 'openai_like/whisper',
      apiBase: `http://127.0.0.1:${port}/v1`,
      file: { data, filename: 'call.wav', size: bytes },
    })
  // loads all code
  await call(() => createReadStream(path, { end: 1023 }), 1024)
  globalThis.gc?.()
  const before = process.memoryUsage().rss
  let most = before
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss)
  }, 5)
  const { text, meta } = await call(() => createReadStream(path), statSync(path).size)
  clearInterval(timer)
  const mib = (bytes) => `${(bytes / mebibyte).toFixed(0)} MiB`
  console.log(
    `sent ${mib(Number(text))} (attempts: ${meta.attempts.length}), memory before ${mib(before)}, most ${mib(most)}`,
  )
  await client.close()
  server.kill()
  rmSync(folder, { recursive: true })
  if (most - before > 100 * mebibyte || Number(text) < size) process.exit(1)
}
