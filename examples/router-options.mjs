// Router options from a file, and new ones at run time: calls in flight go on, and each call has one record.
// Run: node examples/router-options.mjs

import { parseRouterOptions, Router } from 'llmux'
import { done } from './setup.mjs'

// the text of a configuration file
const file = JSON.stringify({
  modelList: [
    { id: 'main', modelName: 'chat', params: { model: 'openai/gpt-4o', rpm: 500 } },
    { id: 'spare', modelName: 'backup', params: { model: 'anthropic/claude-sonnet-4-5' } },
  ],
  fallbacks: [{ chat: ['backup'] }],
})

// a mistake is found before the Router is made or changed
const mistake = file.replace('["backup"]', '["bakcup"]')
try {
  parseRouterOptions(mistake)
} catch (error) {
  console.log(`rejected: ${error.message}`)
}

const onSettled = ({ outcome, router, attempts }) =>
  console.log(`${outcome}: ${router?.deployment} after ${attempts.length} attempt`)
const router = new Router({ ...parseRouterOptions(file), onSettled })
const messages = [{ role: 'user', content: 'Write 1000 words about the sea.' }]

// a stream that is in flight while the options change
const stream = await router.completion({ model: 'chat', messages, stream: true })

const options = parseRouterOptions(file)
const [main, spare] = options.modelList
router.configure({
  modelList: [
    { ...main, params: { ...main.params, rpm: 800 } },
    { ...spare, modelName: 'writer' },
  ],
  fallbacks: [{ chat: ['writer'] }],
  onSettled,
})
console.log(`groups: ${router.modelGroups.join(', ')}, rpm ${router.deployment('main').rpm}`)

await stream.final()
console.log(`requests of main: ${router.deployment('main').requests}`)

await router.close()
await done()
