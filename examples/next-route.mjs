// A chat route for Next.js (App Router): it streams to the browser, and stops the model when the browser leaves.
// Run: node examples/next-route.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'
//
// In your project this is app/chat/route.js, from the import of llmux to the table of statuses. Next.js is not needed
// here: a route handler is a function from a web Request to a Response, and the last lines serve it as such.
// scripts/next-app.mjs builds it into an app of the real Next.js, and calls that.
//
// It needs no settings. With serverExternalPackages: ['llmux'] in next.config.mjs, webpack does not warn of optional
// packages that you have not installed, and tokenCounter() finds the .wasm file of tiktoken if you have.

import { serve } from '@hono/node-server'
import { completion, LLMError } from 'llmux'
import './setup.mjs' // simulates what has no key

export async function POST(request) {
  // no JSON means no messages: completion() says so
  const { messages } = await request.json().catch(() => ({}))
  try {
    const stream = await completion({
      model: 'openai/gpt-4o-mini',
      messages,
      max_tokens: 1000,
      stream: true,
      // the browser may leave before the first word, or while a failure is tried again; later it cancels the body
      signal: request.signal,
    })
    return new Response(stream.toReadableStream(), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
    })
  } catch (error) {
    if (!LLMError.is(error)) throw error
    const status = statuses[error.code] ?? 502
    const headers = error.retryAfterMs ? { 'retry-after': String(Math.ceil(error.retryAfterMs / 1000)) } : {}
    // what is wrong with the request is the browser's business; a wrong key or a dead server is for the log
    if (status > 499) console.error(error.message)
    const message = status > 499 ? 'The model gave no answer.' : error.message
    return Response.json({ error: { code: error.code, message } }, { status, headers })
  }
}

const statuses = {
  aborted: 499, // for the log: nobody reads it
  bad_request: 400,
  content_policy_violation: 400,
  context_window_exceeded: 413,
  rate_limit: 429,
  overloaded: 503,
  timeout: 504,
}

serve({ fetch: POST, hostname: 'localhost', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/chat`)
})
