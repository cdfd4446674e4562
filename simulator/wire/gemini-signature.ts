import { hash } from '../digest.js'

const head = Buffer.from([0x12, 0xb5, 0x01, 0x0a])
const saltBytes = 16

/** An opaque thought signature that can be recognised. */
export function signatureOf(seed: string): string {
  const salt = hash('thought', seed).subarray(0, saltBytes)
  return Buffer.concat([head, salt, seal(salt)]).toString('base64')
}

export function isSignature(signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64')
  const salt = bytes.subarray(head.length, head.length + saltBytes)
  return bytes.subarray(0, head.length).equals(head) && bytes.subarray(head.length + saltBytes).equals(seal(salt))
}

function seal(salt: Buffer): Buffer {
  return hash('thought signature', salt.toString('base64'))
}
