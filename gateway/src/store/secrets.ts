import { createCipheriv, createDecipheriv, hash, randomBytes, scryptSync } from 'node:crypto'

/** Encrypts documents at rest with AES-256-GCM. */
export interface Vault {
  seal(text: string): string
  /** @throws if the text was sealed with another key or was changed */
  open(sealed: string): string
}

const mark = 'v1.'

/** Creates a vault from a salt key, or from the master key. The stretching runs once. */
export function createVault(secret: string): Vault {
  const key = scryptSync(secret, 'llmux-gateway', 32)
  return {
    seal(text) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return `${mark}${Buffer.concat([nonce, cipher.getAuthTag(), data]).toString('base64')}`
    },
    open(sealed) {
      if (!sealed.startsWith(mark)) throw new Error('The document is not encrypted by this release.')
      const all = Buffer.from(sealed.slice(mark.length), 'base64')
      const decipher = createDecipheriv('aes-256-gcm', key, all.subarray(0, 12))
      decipher.setAuthTag(all.subarray(12, 28))
      return Buffer.concat([decipher.update(all.subarray(28)), decipher.final()]).toString('utf8')
    },
  }
}

/** Hash under which a key is stored: hex SHA-256, as LiteLLM stores it. */
export const hashKey = (key: string): string => hash('sha256', key, 'hex')

/** Creates a key: 24 random bytes. */
export const newKey = (): string => `sk-${randomBytes(24).toString('base64url')}`

/** Displayed form of a key: its last four characters. */
export const keyName = (key: string): string => `sk-...${key.slice(-4)}`
