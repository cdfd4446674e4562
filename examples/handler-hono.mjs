// The APIs of OpenAI, Anthropic and Google in fetch form: Hono here, and the same on Bun, Deno, workers and in Next.js.
// Run: node examples/handler-hono.mjs
// Ask: point the SDK of OpenAI at http://localhost:3000/v1, that of Anthropic at http://localhost:3000
//
// Bun.serve({ fetch: handler }), Deno.serve(handler), export default { fetch: handler } of a worker; in Next.js, in
// app/api/[...path]/route.js: createHandler(client, { basePath: '/api' }), exported as GET, POST and DELETE.

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createClient } from 'llmux'
import { createHandler } from 'llmux/server'
import './setup.mjs' // simulates providers without a key; not for your project

const handler = createHandler(createClient())

const app = new Hono()
app.all('/v1/*', (context) => handler(context.req.raw))
app.all('/v1beta/*', (context) => handler(context.req.raw))

serve({ fetch: app.fetch, hostname: 'localhost', port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}`)
})
