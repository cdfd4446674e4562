import { systemClock } from '../call/clock.js'
import { BadRequestError } from '../errors.js'
import { builtinModule } from '../platform/index.js'

type Files = typeof import('node:fs/promises')

/** Locks of this process, by their file. */
const held = new Set<string>()

/** A lock of another machine counts as left behind if it was not renewed for this long, in milliseconds. */
const staleAfter = 120_000
const renewEvery = 30_000
/** Longest time that a stale lock is looked at, in milliseconds. */
const guardedFor = 10_000
/** Of 10 ms each. */
const mostAttempts = 2000

/**
 * Keeps other processes away from a journal, by a file beside it with the id of this process and its machine. That of a process that has
 * died is replaced.
 * @returns a function that removes it
 * @throws {BadRequestError} if a running process has it, or the folder can't be written
 */
export async function lock(path: string, fs: Files): Promise<() => Promise<void>> {
  const { resolve } = builtinModule('node:path') as typeof import('node:path')
  const { hostname } = builtinModule('node:os') as typeof import('node:os')
  const { pid } = builtinModule('node:process') as typeof import('node:process')
  const file = `${resolve(path)}.lock`
  const own = `${pid} ${hostname()}`
  const draft = `${file}.${pid}.${systemClock.random().toString(36).slice(2)}`
  try {
    // a link to a complete file: nobody reads a lock without its owner
    await fs.writeFile(draft, own, { flag: 'wx' })
    for (let attempt = 0; !(await linked(draft, file, fs)); attempt++) {
      await removeStale(file, own, path, fs)
      if (attempt > mostAttempts) throw inUse(path, file, 'another process')
    }
  } catch (error) {
    if (error instanceof BadRequestError) throw error
    throw new BadRequestError(
      `'journal' must be in a folder that can be written; got '${error instanceof Error ? error.message : String(error)}'.`,
      { param: 'journal', cause: error },
    )
  } finally {
    await fs.rm(draft, { force: true })
  }
  held.add(file)
  const renewal = setInterval(() => {
    const now = new Date(systemClock.wall())
    fs.utimes(file, now, now).catch(() => {})
  }, renewEvery)
  renewal.unref?.()
  return async () => {
    clearInterval(renewal)
    held.delete(file)
    await fs.rm(file, { force: true })
  }
}

/** False if there is a lock. */
async function linked(draft: string, file: string, fs: Files): Promise<boolean> {
  try {
    await fs.link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    if (!/^(?:EPERM|ENOTSUP|EOPNOTSUPP|ENOSYS|EMLINK)$/.test((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  // a file system without links
  return fs.copyFile(draft, file, fs.constants.COPYFILE_EXCL).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
}

/**
 * Removes the lock of a dead process. One process at a time looks and removes: otherwise another one could remove the lock that followed.
 * @throws {BadRequestError} if its process runs
 */
async function removeStale(file: string, own: string, path: string, fs: Files): Promise<void> {
  const guard = `${file}.guard`
  try {
    await fs.mkdir(guard)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const { mtimeMs } = await fs.stat(guard).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    // its process was killed within the few steps below
    if (systemClock.wall() - mtimeMs > guardedFor) await fs.rmdir(guard).catch(() => {})
    else await new Promise((resolve) => setTimeout(resolve, 10))
    return
  }
  try {
    const owner = await ownerOf(file, fs)
    if (owner === undefined) return
    if (await isHeld(file, owner, own, fs)) throw inUse(path, file, describe(owner, own))
    await fs.rm(file, { force: true })
  } finally {
    await fs.rmdir(guard).catch(() => {})
  }
}

const ownerOf = (file: string, fs: Files): Promise<string | undefined> =>
  fs.readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  )

async function isHeld(file: string, owner: string, own: string, fs: Files): Promise<boolean> {
  // in containers, the process after a kill often has the id of the one before
  if (owner === own) return held.has(file)
  const [id = '', host] = owner.split(' ')
  if (host !== undefined && host !== own.slice(own.indexOf(' ') + 1)) {
    const { mtimeMs } = await fs.stat(file).catch(() => ({ mtimeMs: 0 }))
    return systemClock.wall() - mtimeMs < staleAfter
  }
  const pid = Number(id)
  return pid > 0 && isAlive(pid)
}

function isAlive(pid: number): boolean {
  const { kill } = builtinModule('node:process') as typeof import('node:process')
  try {
    return kill(pid, 0)
  } catch (error) {
    // a process of another user
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const describe = (owner: string, own: string): string => {
  const [id, host] = owner.split(' ')
  return `process ${id}${host === undefined || own.endsWith(` ${host}`) ? '' : ` on ${host}`}`
}

const inUse = (path: string, file: string, who: string): BadRequestError =>
  new BadRequestError(`'journal' must not be in use; ${who} writes to ${path}. Wait for its end, or remove ${file}.`, {
    param: 'journal',
  })
