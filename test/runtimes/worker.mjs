// Runs the checks in a worker. The body of the request is JSON with the addresses.
import * as llmux from 'llmux'
import { runChecks } from './checks.mjs'

// workers forbid timers, random numbers and I/O outside of a request: these must not need them
const client = llmux.createClient()
const router = new llmux.Router({ modelList: [{ modelName: 'chat', params: { model: 'openai/gpt-4o-mini' } }] })

export default {
  async fetch(request) {
    const results = await runChecks(llmux, await request.json())
    return Response.json(client && router && results)
  },
}
