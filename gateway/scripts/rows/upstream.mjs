// The provider of measurements in processes of their own: one short answer to every request.
import { createServer } from 'node:http'

/** Answers on a free port, which the parent process is sent. */
export function serveAnswer() {
  const answer = JSON.stringify({
    ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o' },
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 },
  })
  const server = createServer((request, response) =>
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(answer)),
  )
  server.listen(0, '127.0.0.1', () => process.send(server.address().port))
}

/** Settings of a gateway with this provider as its only deployment. */
export const configOf = (base, more = {}) => ({
  model_list: [{ model_name: 'gpt-4o', litellm_params: { model: 'openai/gpt-4o', api_base: base, api_key: 'key' } }],
  ...more,
})
