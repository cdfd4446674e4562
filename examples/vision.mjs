// An image beside the text: the same part for every provider.
// Run: node examples/vision.mjs

import { readFile } from 'node:fs/promises'
import { completion } from 'llmux'
import { done } from './setup.mjs'

const png = await readFile(new URL('./circle.png', import.meta.url), 'base64')

for (const model of ['openai/gpt-4o-mini', 'anthropic/claude-sonnet-4-5']) {
  const answer = await completion({
    model,
    max_tokens: 100,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is in this image? Answer in five words.' },
          // an https: URL works too, if the provider can reach it
          { type: 'image_url', image_url: { url: `data:image/png;base64,${png}` } },
        ],
      },
    ],
  })
  console.log(`${answer.meta.provider}: ${answer.choices[0].message.content}`)
}

await done()
