// Vectors for texts, and which texts are alike.
// Run: node examples/embeddings.mjs

import { embedding } from 'llmux'
import { done } from './setup.mjs'

const texts = ['A cat sleeps on the sofa.', 'A kitten naps on the couch.', 'Interest rates rose again.']

const { data, usage } = await embedding({
  model: 'openai/text-embedding-3-small',
  input: texts,
  dimensions: 256,
  vectorType: 'float32',
})

console.log(`${data.length} vectors of ${data[0].embedding.length} numbers, ${usage.total_tokens} tokens`)

// OpenAI's vectors have length 1: their product is the cosine of the angle between them
const alike = (a, b) => a.reduce((sum, value, index) => sum + value * b[index], 0)

for (const [index, text] of texts.entries()) {
  const likeness = alike(data[0].embedding, data[index].embedding)
  console.log(likeness.toFixed(3).padStart(6), text)
}

await done()
