// Runs the checks on Node.js, Bun or Deno. The argument is JSON with the addresses.
import { createServer } from 'node:http'
import * as llmux from 'llmux'
import { createHandler } from 'llmux/server'
import { runChecks } from './checks.mjs'

const { Bun, Deno } = globalThis

/** Serves a handler with the server of the runtime. */
async function serve(handler) {
  if (Bun) {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: handler })
    return at(server.port, () => server.stop(true))
  }
  if (Deno) {
    const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, handler)
    return at(server.addr.port, () => server.shutdown())
  }
  const server = createServer(handler.node)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return at(server.address().port, () => {
    server.closeAllConnections()
    server.close()
  })
}

const at = (port, close) => ({ fetch: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), close })

const results = await runChecks({ ...llmux, createHandler }, JSON.parse(process.argv[2]), serve)
console.log(JSON.stringify(results))
