// Runs the checks in a worker. The body of the request is JSON with the addresses.
import * as llmux from 'llmux'
import { createHandler } from 'llmux/server'
import { runChecks } from './checks.mjs'

// workers forbid timers, random numbers and I/O outside of a request: these must not need them
const client = llmux.createClient()
const router = new llmux.Router({ modelList: [{ modelName: 'chat', params: { model: 'openai/gpt-4o-mini' } }] })

/** The handler that a check serves: requests of the worker to itself reach it. */
let served

export default {
  async fetch(request, { SELF }) {
    if (new URL(request.url).hostname === 'served') return served(request)
    const serve = (handler) => {
      served = handler
      return { fetch: (path, init) => SELF.fetch(`http://served${path}`, init), close() {} }
    }
    const results = await runChecks({ ...llmux, createHandler }, await request.json(), serve)
    return Response.json(client && router && results)
  },
}
