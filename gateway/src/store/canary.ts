import { meta, setMeta } from './migrations.js'
import type { Vault } from './secrets.js'
import type { Sql } from './sql.js'

/**
 * Checks that the database was encrypted with this key; otherwise documents would be unreadable one by one.
 * @throws if it was another one
 */
export async function checkSalt(sql: Sql, vault: Vault): Promise<void> {
  const canary = await meta(sql, 'canary')
  if (canary === undefined) {
    await setMeta(sql, 'canary', vault.seal('llmux'))
    return
  }
  try {
    vault.open(canary)
  } catch (cause) {
    const message =
      'The database was encrypted with another salt key. Set LITELLM_SALT_KEY, or the master key that was used first, to its value.'
    throw new Error(message, { cause })
  }
}
