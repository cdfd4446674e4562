// The SDKs of OpenAI and Anthropic with every model, without a server: client.fetch in the place of fetch.
// Run: node examples/sdk-fetch.mjs

import Anthropic from '@anthropic-ai/sdk'
import { createClient } from 'llmux'
import OpenAI from 'openai'
import { done } from './setup.mjs' // simulates providers without a key; not for your project

const client = createClient()
const messages = [{ role: 'user', content: 'Say hello.' }]

// the key is not used: llmux has the keys of the providers
const openai = new OpenAI({ apiKey: 'unused', fetch: client.fetch })
const answer = await openai.chat.completions.create({ model: 'anthropic/claude-sonnet-4-6', messages })
console.log(`openai: ${answer.choices[0].message.content}`)

const response = await openai.responses.create({ model: 'anthropic/claude-sonnet-4-6', input: 'Say hello.' })
console.log(`responses: ${response.output_text}`)

const anthropic = new Anthropic({ apiKey: 'unused', fetch: client.fetch })
const stream = anthropic.messages.stream({ model: 'openai/gpt-4o-mini', max_tokens: 100, messages })
console.log(`anthropic: ${await stream.finalText()}`)

await client.close()
await done()
