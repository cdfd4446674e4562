// Exit code 0 if the gateway of this container takes calls. PORT must be its port.
const url = `http://127.0.0.1:${process.env.PORT ?? 4000}/health/readiness`
try {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(4_000) })
  if (status !== 200) throw new Error(`${url} answers ${status}`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
