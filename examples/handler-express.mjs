// The APIs of OpenAI, Anthropic and Google beside the routes of an Express app.
// Run: node examples/handler-express.mjs
// Ask: point the SDK of OpenAI at http://localhost:3000/llm/v1, that of Anthropic at http://localhost:3000/llm

import express from 'express'
import { createClient } from 'llmux'
import { createHandler } from 'llmux/server'
import './setup.mjs' // simulates providers without a key; not for your project

const handler = createHandler(createClient())

const app = express()
// with or without express.json() before it; unknown paths go on to the next route
app.use('/llm', handler.node)
app.get('/health', (_request, response) => response.send('ok'))

const server = app.listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  console.log(`http://localhost:${server.address().port}/llm`)
})
