import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder, and those above it, for this user alone. `mkdirSync` with `recursive` never returns in file systems that refuse new
 * folders with ENOENT, such as /proc.
 */
export function makeFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return
  const above = dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // another process may have made it meanwhile
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error
  }
}

/** Creates the data folder, and checks that it can be written. */
export function prepareFolder(data: string): void {
  try {
    makeFolder(data)
    accessSync(data, constants.W_OK)
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : String(error)
    throw new Error(
      `The data folder '${data}' must be a folder that can be written: ${reason}. Set another one with --data or LLMUX_DATA.`,
      { cause: error },
    )
  }
}
