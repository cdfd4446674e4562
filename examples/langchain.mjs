// LangChain over llmux: a structured answer and embeddings, over a Router with a fallback.
// Run: npm install @langchain/core zod && node examples/langchain.mjs

import { Router } from 'llmux'
import { ChatLlmux, LlmuxEmbeddings } from 'llmux/langchain'
import { z } from 'zod'
import { done } from './setup.mjs'

const router = new Router({
  modelList: [
    { modelName: 'chat', params: { model: 'openai/gpt-4o-mini' } },
    { modelName: 'spare', params: { model: 'anthropic/claude-sonnet-4-5' } },
    { modelName: 'vectors', params: { model: 'openai/text-embedding-3-small' } },
  ],
  fallbacks: [{ chat: ['spare'] }],
})

const model = new ChatLlmux({ target: router, model: 'chat' })
const schema = z.object({ city: z.string(), country: z.string() })
const city = await model.withStructuredOutput(schema).invoke('The capital of Norway, with its country.')
console.log(`fields: ${Object.keys(city).join(', ')}`)

const answer = await model.invoke('Say hello.')
console.log(`${answer.text} (${answer.response_metadata.llmux.router.deployment})`)

const embeddings = new LlmuxEmbeddings({ target: router, model: 'vectors' })
console.log(`vector: ${(await embeddings.embedQuery('Oslo')).length} numbers`)

await router.close()
await done()
