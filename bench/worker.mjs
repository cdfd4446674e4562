// Runs one contestant in its own process and reports its cost to the parent.
import { contestants } from './contestants.mjs'

const [name, origin] = process.argv.slice(2)
const calls = await contestants[name](origin)

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
process.send({ ready: true })
