// A chat endpoint on Bun: streams to the browser and stops the model if the browser disconnects.
// Run: OPENAI_API_KEY=… bun examples/bun.mjs
// Ask: curl -N localhost:3000 --json '{"messages":[{"role":"user","content":"Hi"}]}'

import { completion, LLMError, toHttpError } from 'llmux'

async function chat(request) {
  // without JSON there are no messages, which completion() rejects
  const { messages } = await request.json().catch(() => ({}))
  try {
    const stream = await completion({
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
}

// Bun closes connections that are silent for 10 seconds; a model may think longer
const server = Bun.serve({ port: Number(Bun.env.PORT ?? 3000), hostname: 'localhost', idleTimeout: 255, fetch: chat })
console.log(server.url.href)
