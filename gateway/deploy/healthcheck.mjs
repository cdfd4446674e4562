// Exit code 0 if the gateway of this container takes calls. Its port is that of the command (--port), or PORT.
import { readFileSync } from 'node:fs'

/** The first program of the container is the gateway. */
function portOfCommand() {
  try {
    const args = readFileSync('/proc/1/cmdline', 'utf8').split('\0')
    const at = args.findLastIndex((arg) => arg === '--port' || arg.startsWith('--port='))
    if (at < 0) return undefined
    return args[at].startsWith('--port=') ? args[at].slice('--port='.length) : args[at + 1]
  } catch {
    return undefined
  }
}

const url = `http://127.0.0.1:${portOfCommand() ?? process.env.PORT ?? 4000}/health/readiness`
try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(4_000) })
  if (status !== 200) throw new Error(`${url} answers ${status}`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
