// The corpus as a program: LLMUX_CORPUS=/path/to/corpus node test/corpus/main.mjs
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

if (!process.env.LLMUX_CORPUS) {
  console.error('LLMUX_CORPUS is not set: set it to the folder of recorded traffic (the one that holds index.tsv).')
  process.exit(2)
}

const { startVitest } = await import('vitest/node')
const here = dirname(fileURLToPath(import.meta.url))
process.chdir(dirname(dirname(here)))
const run = await startVitest('test', ['test/corpus'], { watch: false, reporters: ['default'] })
await run.close()
