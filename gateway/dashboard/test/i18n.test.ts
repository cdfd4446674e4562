import { describe, expect, it } from 'vitest'
import { messages as english } from '../src/i18n/en/index.ts'
import { createFormats } from '../src/i18n/formats.ts'
import { messages as korean } from '../src/i18n/ko/index.ts'
import { fill } from '../src/i18n/message.ts'

describe('messages', () => {
  it('fills in names and numbers', () => {
    expect(fill('{name} has {count}', { name: 'Ada', count: 12_345 }, 'en')).toBe('Ada has 12,345')
    expect(fill('{count}', { count: 12_345 }, 'de')).toBe('12.345')
  })

  it('chooses the form of a number', () => {
    const text = '{count, plural, one {# key} other {# keys}}'
    expect(fill(text, { count: 1 }, 'en')).toBe('1 key')
    expect(fill(text, { count: 0 }, 'en')).toBe('0 keys')
    expect(fill(text, { count: 1_000 }, 'en')).toBe('1,000 keys')
  })

  it('leaves a place without a value as it is', () => {
    expect(fill('Budget of {name}', {}, 'en')).toBe('Budget of {name}')
  })

  it('has the same places in each language', () => {
    const places = (text: string) => [...text.matchAll(/\{(\w+)[,}]/g)].map(([, name]) => name).sort()
    for (const [key, text] of Object.entries(english))
      expect([key, [...new Set(places(korean[key as keyof typeof english]))]]).toEqual([
        key,
        [...new Set(places(text))],
      ])
  })

  it('translates every text', () => {
    const same = Object.entries(english).filter(([key, text]) => korean[key as keyof typeof english] === text)
    // names, and texts that are only places
    expect(same.filter(([, text]) => /[a-z]{3}/.test(text.replace(/\{[^}]*\}/g, ''))).map(([key]) => key)).toEqual([])
  })
})

describe('formats', () => {
  const format = createFormats('en', 'unknown')

  it.each([
    [0, '$0.00'],
    [1234.5, '$1,234.50'],
    [0.01, '$0.01'],
    [0.0000362, '$0.000036'],
    [-0.5, '-$0.50'],
  ])('writes the amount %d as %s', (amount, text) => {
    expect(format.money(amount)).toBe(text)
  })

  it('never writes an unknown amount as zero', () => {
    expect(format.money(undefined)).toBe('unknown')
    expect(format.money(null)).toBe('unknown')
    expect(format.pricePerMillion(null)).toBe('unknown')
  })

  it('writes a price per million tokens', () => {
    expect(format.pricePerMillion(2.5e-6)).toBe('$2.50')
  })

  it.each([
    [undefined, '–'],
    [0.4, '0 ms'],
    [999, '999 ms'],
    [1_250, '1.3 s'],
    [90_000, '1.5 min'],
  ])('writes the duration %s as %s', (ms, text) => {
    expect(format.duration(ms)).toBe(text)
  })

  it('writes the distance of a time', () => {
    const now = Date.parse('2026-11-29T12:00:00Z')
    expect(format.relative('2026-11-29T11:58:00Z', now)).toBe('2 minutes ago')
    expect(format.relative('2026-12-02T12:00:00Z', now)).toBe('in 3 days')
    expect(createFormats('ko', '').relative('2026-11-29T11:58:00Z', now)).toBe('2분 전')
  })
})
