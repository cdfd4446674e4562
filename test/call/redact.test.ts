import { describe, expect, it } from 'vitest'
import { redact } from '../../src/call/redact.js'

const secret = 'sk/abc+DEF=ghi"jkl\\mno&p<q'
const json = (text: string) => JSON.stringify(text).slice(1, -1)
const unicode = (text: string) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const html = (text: string) =>
  text.replace(
    /[&<>"'/]/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '/': '&#x2F;' })[c] ?? c,
  )
const percent = (text: string) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join('')

describe('redact', () => {
  it.each<[string, (text: string) => string]>([
    ['plain', (text) => text],
    ['in JSON', json],
    ['in JSON with escaped slashes', (text) => json(text).replaceAll('/', '\\/')],
    ['in unicode escapes', unicode],
    ['in upper-case unicode escapes', (text) => unicode(text).replace(/[a-f]/g, (c) => c.toUpperCase())],
    ['in hexadecimal escapes', (text) => [...text].map((c) => `\\x${c.charCodeAt(0).toString(16)}`).join('')],
    ['in JSON within JSON', (text) => json(json(text))],
    ['in a URL', encodeURIComponent],
    ['in a form', (text) => new URLSearchParams([['', text]]).toString().slice(1)],
    ['in a URL with lower-case escapes', percent],
    ['in a URL, escaped twice', (text) => encodeURIComponent(encodeURIComponent(text))],
    ['in HTML', html],
    ['in decimal references', (text) => [...text].map((c) => `&#${c.charCodeAt(0)};`).join('')],
    ['in hexadecimal references', (text) => [...text].map((c) => `&#x${c.charCodeAt(0).toString(16)};`).join('')],
    ['in HTML within JSON', (text) => json(html(text))],
    ['in a URL within HTML within JSON', (text) => json(html(encodeURIComponent(text)))],
    ['in base64', (text) => Buffer.from(text).toString('base64')],
    ['in base64url', (text) => Buffer.from(text).toString('base64url')],
    ['in hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ])('removes a secret %s', (_, write) => {
    const text = `before ${write(secret)} after ${write(secret)}, end`
    const out = redact(text, [secret])
    expect(out).toMatch(/^before \[redacted\]\S{0,2} after \[redacted\]\S{0,2}, end$/)
  })

  it.each(['u:', 'user:', 'x-user:'])('removes a secret within the base64 of %s…', (user) => {
    const text = Buffer.from(`${user}${secret}:more`).toString('base64')
    const out = redact(`Basic ${text}`, [secret])
    expect(out).toContain('[redacted]')
    expect(Buffer.from(out.replace('[redacted]', ''), 'base64').toString()).not.toContain('abc')
  })

  it('removes the longest of overlapping secrets once', () => {
    expect(redact('key: Bearer token-1.', ['token-1', 'Bearer token-1'])).toBe('key: [redacted].')
  })

  it('keeps other text and escapes unchanged', () => {
    const text = '{"a":"\\u00e9\\/ 100% &amp; %zz \\\\n","b":1}'
    expect(redact(text, ['some-secret'])).toBe(text)
    expect(redact('abc', ['abc'])).toBe('abc')
    expect(redact('', ['some-secret'])).toBe('')
  })

  it('survives every character reference', () => {
    expect(redact('&#1114112; &#x110000; &#55296; \\ud800', ['some-secret'])).toBe(
      '&#1114112; &#x110000; &#55296; \\ud800',
    )
  })

  it('removes a secret with characters beyond ASCII', () => {
    expect(redact(`x ${encodeURIComponent('pässword-ü')} y`, ['pässword-ü'])).toBe('x [redacted] y')
  })
})
