// A chat route for Next.js (App Router): streams to the browser and stops the model if the browser disconnects.
// Run: node examples/next-route.mjs
// Ask: curl -N localhost:3000/chat --json '{"messages":[{"role":"user","content":"Hi"}]}'
//
// In your project this is app/chat/route.js, without the import of setup.mjs and the last lines. A route handler is a
// function from a web Request to a Response, so this example runs without Next.js; scripts/next-app.mjs builds it into
// a real Next.js app.
//
// No settings are needed. serverExternalPackages: ['llmux'] in next.config.mjs avoids webpack's warnings about optional
// packages and lets tokenCounter() find the .wasm file of tiktoken.

import { serve } from '@hono/node-server'
import { completion, LLMError, toHttpError } from 'llmux'
import './setup.mjs' // simulates providers without a key

export async function POST(request) {
  // without JSON there are no messages, which completion() rejects
  const { messages } = await request.json().catch(() => ({}))
  try {
    const stream = await completion({
      model: 'openai/gpt-4o-mini',
      messages,
      max_tokens: 1000,
      stream: true,
      // the browser may leave before the first token, or during a retry; later it cancels the body
      signal: request.signal,
    })
    return new Response(stream.toReadableStream(), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' },
    })
  } catch (error) {
    if (!LLMError.is(error)) throw error
    const { status, headers, body } = toHttpError(error)
    if (status >= 500) console.error(error.message)
    return Response.json(body, { status, headers })
  }
}

serve({ fetch: POST, hostname: 'localhost', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/chat`)
})
