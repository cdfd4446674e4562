// A server that speaks the APIs of OpenAI, Anthropic and Google, on Node's http.
// Run: node examples/handler-http.mjs
// Ask: point the SDK of OpenAI at http://localhost:3000/v1, that of Anthropic at http://localhost:3000

import { createServer } from 'node:http'
import { AuthenticationError, createClient } from 'llmux'
import { createHandler } from 'llmux/server'
import './setup.mjs' // simulates providers without a key; not for your project

const client = createClient()

/** OpenAI's clients send the key in one header, Anthropic's and Google's in others. */
const keyOf = ({ authorization = '', 'x-api-key': anthropic, 'x-goog-api-key': google }) =>
  anthropic ?? google ?? authorization.replace(/^Bearer /, '')

const handler = createHandler(client, {
  authorize({ headers }) {
    if (keyOf(headers) !== 'secret') throw new AuthenticationError('The API key is wrong.')
    return 'team-a'
  },
  beforeCall({ params, context }) {
    // options come from here, never from the body of a request
    params.model ??= 'openai/gpt-4o-mini'
    return { tags: [context], timeout: 60_000 }
  },
  onSettled: ({ requestedModel, outcome, cost }) =>
    console.error(`${requestedModel}: ${outcome}, $${cost?.total ?? '?'}`),
})

const server = createServer(handler.node).listen(Number(process.env.PORT ?? 3000), 'localhost', () => {
  console.log(`http://localhost:${server.address().port}`)
})
