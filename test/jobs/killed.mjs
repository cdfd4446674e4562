// A job that the test kills: node killed.mjs <apiBase> <journal> <count>

import { batch } from '../../dist/batch.js'
import { createClient } from '../../dist/index.js'

const [, , apiBase, journal, count] = process.argv
const client = createClient({ providers: { openai: { apiKey: 'k', apiBase } } })
function* requests() {
  for (let at = 0; at < Number(count); at++) {
    yield { model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content: `number ${at};` }] }
  }
}
for await (const result of batch(client, requests(), { concurrency: 8, journal })) {
  if (result.status === 'failed') console.log(`failed ${result.index} ${result.error.message}`)
  else console.log(`${result.index} ${result.fromJournal} ${result.answer.choices[0].message.content}`)
}
await client.close()
