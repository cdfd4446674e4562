// Runs one contestant of a file in rows/ in its own process and reports its cost to the parent.
const [group, name, origin, dist] = process.argv.slice(2)
const { contestants } = await import(`./rows/${group}.mjs`)

async function times(call, count, width) {
  let left = count
  let expected
  const loop = async () => {
    while (left-- > 0) {
      const length = await call()
      expected ??= length
      // an answer that is not read would be a cheap one
      if (!(length > 0) || length !== expected)
        throw new Error(`${name}: an answer of length ${length}, and not ${expected}`)
    }
  }
  await Promise.all(Array.from({ length: width }, loop))
  return expected
}

process.on('message', async ({ task, count, width }) => {
  try {
    if (!calls[task]) return process.send({ skip: true })
    // untimed: sockets were closed while the others ran, and caches are cold
    await times(calls[task], Math.max(width, Math.ceil(count / 10)), width)
    const cpu = process.cpuUsage()
    const start = performance.now()
    const length = await times(calls[task], count, width)
    const wall = (performance.now() - start) * 1000
    const { user, system } = process.cpuUsage(cpu)
    process.send({ cpu: (user + system) / count, wall: wall / count, length })
  } catch (error) {
    process.send({ error: String(error?.stack ?? error) })
  }
})
process.on('disconnect', () => process.exit())

let calls
try {
  calls = await contestants[name === 'before' ? 'llmux' : name](origin, dist)
  process.send({ ready: true })
} catch (error) {
  process.send({ error: String(error?.message ?? error) })
}
