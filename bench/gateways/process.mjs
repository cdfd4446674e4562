// Figures of a process and its children, from /proc.
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'

function family(pid) {
  let children
  try {
    children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
    )
  } catch {
    return []
  }
  return [String(pid), ...children.flatMap(family)]
}

function cpuOfOne(pid) {
  let sum = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // the thread has just ended
    }
  }
  return sum / 1000
}

/** CPU time of all threads of a process and its children, in microseconds. */
export const cpuOf = (pid) => family(pid).reduce((sum, one) => sum + cpuOfOne(one), 0)

/** Resident memory of a process and its children, in megabytes; shared pages count with each. */
export function memoryOf(pid, field = 'VmRSS') {
  const of = (one) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1])
  return family(pid).reduce((sum, one) => sum + of(one) / 1024, 0)
}

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** Resolves when a port takes connections. */
export async function listening(port, child, seconds = 120) {
  const until = Date.now() + seconds * 1000
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`it has ended with code ${child.exitCode}`)
    if (Date.now() > until) throw new Error(`it takes no connections after ${seconds} s`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Ends a process that this script has started. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(timer)
}
