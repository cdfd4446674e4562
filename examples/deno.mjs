// A chat endpoint on Deno: streams to the browser and stops the model if the browser disconnects.
// Run: OPENAI_API_KEY=… deno run --allow-net --allow-env examples/deno.mjs
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

const onListen = ({ hostname, port }) => console.log(`http://${hostname}:${port}/`)
Deno.serve({ port: Number(Deno.env.get('PORT') ?? 3000), hostname: '127.0.0.1', onListen }, chat)
