import { hash } from '../digest.js'

const HEAD = Buffer.from([0x12, 0xb5, 0x01, 0x0a])
const SALT_BYTES = 16

/** A thought signature: nothing can be read from it, but it can be told from others. */
export function signatureOf(seed: string): string {
  const salt = hash('thought', seed).subarray(0, SALT_BYTES)
  return Buffer.concat([HEAD, salt, seal(salt)]).toString('base64')
}

export function isSignature(signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  const salt = bytes.subarray(HEAD.length, HEAD.length + SALT_BYTES)
  return bytes.subarray(0, HEAD.length).equals(HEAD) && bytes.subarray(HEAD.length + SALT_BYTES).equals(seal(salt))
}

function seal(salt: Buffer): Buffer {
  return hash('thought signature', salt.toString('base64'))
}
