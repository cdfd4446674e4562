import { expect, it } from 'vitest'
import { createClient } from '../../src/index.js'
import { startHosts } from '../helpers/hosts.js'
import { user } from '../helpers/simulated.js'

const answer = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'complete' }, finish_reason: 'stop' }],
}
const chunk = {
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta: { content: 'complete' }, finish_reason: 'stop' }],
}

it.each([
  ['white space before a JSON body', [' \r\n', `${JSON.stringify(answer, null, 2)}\n`]],
  ['a byte order mark before a JSON body', [`\uFEFF${JSON.stringify(answer)}`]],
  ['a JSON body in single bytes', Array.from(Buffer.from(JSON.stringify(answer)), (byte) => Buffer.from([byte]))],
  ['blank lines before events', ['\n', '\n\n', `data: ${JSON.stringify(chunk)}\n\n`, 'data: [DONE]\n\n']],
])('reads a streamed answer with %s', async (_, pieces) => {
  await using hosts = await startHosts(() => ({ headers: { 'content-type': 'text/event-stream' }, pieces }))
  await using client = createClient({ dispatcher: hosts.dispatcher, maxRetries: 0 })
  const stream = await client.completion({ model: 'openai/m', apiKey: 'k', messages: user('Hi'), stream: true })
  expect(await stream.text()).toBe('complete')
})
