// Runs the checks on Node.js, Bun or Deno. The argument is JSON with the addresses.
import * as llmux from 'llmux'
import { runChecks } from './checks.mjs'

const results = await runChecks(llmux, JSON.parse(process.argv[2]))
console.log(JSON.stringify(results))
