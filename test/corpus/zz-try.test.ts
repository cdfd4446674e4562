import { it } from 'vitest'
import { judge, runCorpus } from './run.js'

it('try', { timeout: 120000 }, async () => {
  const { table, misses } = judge(
    await runCorpus(process.env.LLMUX_CORPUS ?? '', (process.env.ONLY ?? 'anthropic').split(',')),
  )
  console.log(misses.join('\n'))
  console.log(table)
})
