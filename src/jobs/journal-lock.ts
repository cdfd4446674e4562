import { BadRequestError } from '../errors.js'
import { builtinModule } from '../platform/index.js'

type Files = typeof import('node:fs/promises')

/**
 * Keeps other processes away from a journal, by a file beside it with the id of this process. That of a process that has died is replaced.
 * @returns a function that removes it
 * @throws {BadRequestError} if a running process has it
 */
export async function lock(path: string, fs: Files): Promise<() => Promise<void>> {
  const file = `${path}.lock`
  const { pid, kill } = builtinModule('node:process') as typeof import('node:process')
  for (let attempt = 0; ; attempt++) {
    try {
      await fs.writeFile(file, String(pid), { flag: 'wx' })
      return () => fs.rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0) throw error
    }
    const owner = Number(await fs.readFile(file, 'utf8').catch(() => ''))
    if (owner > 0 && isAlive(owner, kill)) {
      throw new BadRequestError(
        `'journal' must not be in use; process ${owner} writes to ${path}. Wait for its end, or remove ${file}.`,
        { param: 'journal' },
      )
    }
    await fs.rm(file, { force: true })
  }
}

function isAlive(pid: number, kill: (pid: number, signal: 0) => boolean): boolean {
  try {
    return kill(pid, 0)
  } catch (error) {
    // a process of another user
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
