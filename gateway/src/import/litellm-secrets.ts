import { createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa'

/**
 * Decrypts a value of LiteLLM's database. Three forms exist: `v3:gcm:` (AES-256-GCM, key by HKDF), `v2:gcm:` (key by SHA-256), and
 * without a mark XSalsa20-Poly1305 as of NaCl's secret box.
 * https://github.com/BerriAI/litellm/blob/main/litellm/proxy/common_utils/encrypt_decrypt_utils.py
 * @param secret the salt key, or the master key if there was none
 * @returns undefined if the value was not encrypted with the secret
 */
export function decryptLitellm(value: string, secret: string): string | undefined {
  try {
    if (value.startsWith('v3:gcm:')) {
      return openGcm(value.slice(7), Buffer.from(hkdfSync('sha256', secret, '', 'litellm-at-rest-v3', 32)))
    }
    if (value.startsWith('v2:gcm:')) return openGcm(value.slice(7), sha256(secret))
    const data = Buffer.from(value, 'base64url')
    if (data.length < 40) return undefined
    return Buffer.from(xsalsa20poly1305(sha256(secret), data.subarray(0, 24)).decrypt(data.subarray(24))).toString(
      'utf8',
    )
  } catch {
    return undefined
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()

function openGcm(text: string, key: Buffer): string {
  const data = Buffer.from(text, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, 12))
  decipher.setAuthTag(data.subarray(-16))
  return Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]).toString('utf8')
}

/** Whether a text may be a value that was encrypted with another secret: long, and without the characters of plain settings. */
export const looksEncrypted = (value: string): boolean =>
  /^v[23]:gcm:/.test(value) ||
  (value.length >= 54 && /^[\w-]+={0,2}$/.test(value) && /[A-Z]/.test(value) && /\d/.test(value))
