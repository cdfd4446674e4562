// A chat endpoint on Cloudflare Workers, without nodejs_compat: streams to the browser.
// Run: npx wrangler dev examples/worker.mjs --compatibility-date 2026-06-01 --var OPENAI_API_KEY:…
// Ask: curl -N localhost:8787 --json '{"messages":[{"role":"user","content":"Hi"}]}'

import { createClient, LLMError, toHttpError } from 'llmux'

let client

export default {
  async fetch(request, env) {
    // the environment is an argument here, so that keys are options of the client
    const { OPENAI_API_KEY: apiKey, OPENAI_BASE_URL: apiBase } = env
    client ??= createClient({ providers: { openai: { apiKey, apiBase } } })
    // without JSON there are no messages, which completion() rejects
    const { messages } = await request.json().catch(() => ({}))
    try {
      const stream = await client.completion({
        model: 'openai/gpt-4o-mini',
        messages,
        max_tokens: 1000,
        stream: true,
        signal: request.signal,
      })
      return new Response(stream.toReadableStream(), { headers: { 'content-type': 'text/event-stream' } })
    } catch (error) {
      if (!LLMError.is(error)) throw error
      const { status, headers, body } = toHttpError(error)
      return Response.json(body, { status, headers })
    }
  },
}
