/** Code that calls the gateway with a key, ready to paste. */
export function snippetsOf(origin: string, key: string, model: string) {
  return [
    {
      id: 'curl',
      name: 'curl',
      code: `curl ${origin}/v1/chat/completions \\
  -H 'authorization: Bearer ${key}' \\
  -H 'content-type: application/json' \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    },
    {
      id: 'openai',
      name: 'OpenAI SDK',
      code: `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${origin}/v1', apiKey: '${key}' })
const answer = await client.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.choices[0].message.content)`,
    },
    {
      id: 'anthropic',
      name: 'Anthropic SDK',
      code: `import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: '${origin}', apiKey: '${key}' })
const message = await client.messages.create({
  model: '${model}',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(message.content[0].text)`,
    },
    {
      id: 'llmux',
      name: 'llmux',
      code: `import { completion } from 'llmux'

const answer = await completion({
  model: 'openai/${model}',
  apiBase: '${origin}/v1',
  apiKey: '${key}',
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.choices[0].message.content)`,
    },
  ] as const
}
