#!/usr/bin/env node
import cluster from 'node:cluster'
import { setFlagsFromString } from 'node:v8'
import { check } from './cli/check.js'
import { parseFlags } from './cli/flags.js'
import { help } from './cli/help.js'
import { gatewayOptions, serve } from './cli/serve.js'
import type { Socket } from './workers/peer.js'
import { workerVariable } from './workers/variable.js'

// V8 lets a small heap grow to a multiple of its size before it collects garbage
setFlagsFromString('--heap-growing-percent=50')

const out = (text: string) => process.stdout.write(`${text}\n`)

async function main(args: readonly string[]): Promise<number> {
  const { command, flags, rest, problems, notes } = parseFlags(args)
  if (flags.help === true) {
    out(help)
    return 0
  }
  if (flags.version === true) {
    const { version } = await import('./version.js')
    out(version)
    return 0
  }
  if (problems.length > 0) {
    for (const problem of problems) process.stderr.write(`${problem}\n`)
    return 2
  }
  for (const note of notes) process.stderr.write(`${note}\n`)
  if (command === 'check') return check(rest[0] ?? flags.config, out)
  if (command === 'migrate' || command === 'import') {
    // Postgres and the import are not loaded by a plain start
    const { importCommand, migrateCommand } = await import('./cli/database.js')
    return command === 'migrate' ? await migrateCommand(flags, out) : await importCommand(rest[0], flags, out)
  }
  if (cluster.isWorker && workerVariable in process.env) {
    const { runWorker } = await import('./workers/worker.js')
    await runWorker(gatewayOptions(flags), process as Socket)
    process.exit(0)
  }
  return serve(flags, out)
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
