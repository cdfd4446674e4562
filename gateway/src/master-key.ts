import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { weakness } from './config/master-key.js'
import { makeFolder } from './store/folder.js'

/** The key of the administrator. */
export interface MasterKey {
  /** The key itself: a secret. */
  readonly value: string
  /** True if this start made the key: the only time that it may be shown. */
  readonly created: boolean
  /** Path of its file, if the gateway made it. */
  readonly file: string | undefined
  /** Reason not to use it on a public address; undefined for a strong key. */
  readonly weakness: string | undefined
}

/** The configured master key, or one that the first start makes and keeps in the data folder. */
export function findMasterKey(configured: string | undefined, data: string): MasterKey {
  if (configured) return { value: configured, created: false, file: undefined, weakness: weakness(configured) }
  const file = join(data, 'master-key')
  if (existsSync(file)) {
    return { value: readFileSync(file, 'utf8').trim(), created: false, file, weakness: undefined }
  }
  makeFolder(data)
  const value = `sk-${randomBytes(24).toString('base64url')}`
  writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(file, 0o600)
  return { value, created: true, file, weakness: undefined }
}

/** Whether an address is reached from this machine only. */
export const isLoopback = (host: string) => /^(127\.\d+\.\d+\.\d+|::1|\[::1\]|localhost)$/i.test(host)
