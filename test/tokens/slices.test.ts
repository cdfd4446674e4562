import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadEncoding } from '../../src/tokens/encoding.js'
import { MAX_RUN, slicesOf } from '../../src/tokens/slices.js'

const texts = fc.array(
  fc.oneof(
    fc.constantFrom(
      ' ',
      '  ',
      '\n',
      '\r\n',
      '\n\n',
      '\t',
      '/',
      "'",
      "'s",
      "'LL",
      '’',
      '_',
      '-',
      '...',
      '{"',
      '":',
      '12',
      '3456',
      'Ⅷ',
    ),
    fc.constantFrom(
      'word',
      'Word',
      'WORD',
      'camelCase',
      'é',
      'e\u0301',
      'naïve',
      '中文',
      'かな',
      '한국',
      'ไทย',
      'हिन्दी',
      'عربى',
      '😀',
      '👩‍👧',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.string({ maxLength: 6 }),
  ),
  { maxLength: 60 },
)

/** No half of a surrogate pair stands alone. */
const isWhole = (text: string): boolean => !/\p{Surrogate}/u.test(text)

const all = (text: string, bytes?: number) => [...slicesOf(text, bytes)]

describe('slices', () => {
  it('cover the text without gaps or cut characters', () => {
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('')
        const slices = all(text, 8).map(({ start, end }) => text.slice(start, end))
        expect(slices.join('')).toBe(text)
        if (isWhole(text)) expect(slices.every(isWhole)).toBe(true)
      }),
    )
  })

  it.each(['o200k_base', 'cl100k_base'] as const)('have the tokens of the complete text: %s', async (name) => {
    const encoding = await loadEncoding(name)
    fc.assert(
      fc.property(texts, (parts) => {
        const text = parts.join('')
        const slices = all(text, 8)
        const sum = slices.reduce((tokens, { start, end }) => tokens + encoding.raw(text.slice(start, end)), 0)
        expect(sum).toBe(encoding.raw(text))
      }),
      { numRuns: 400 },
    )
  })

  it.each(['o200k_base', 'cl100k_base'] as const)(
    'have the tokens of the whole text around every character, whichever Unicode has it: %s',
    async (name) => {
      const encoding = await loadEncoding(name)
      const wrong: string[] = []
      for (let point = 0; point < 0x3_4000; point++) {
        if (point >= 0xd800 && point < 0xe000) continue
        const char = String.fromCodePoint(point)
        const text = `漢字${char}(A漢字${char}b`
        const sum = all(text, 1).reduce((tokens, { start, end }) => tokens + encoding.raw(text.slice(start, end)), 0)
        if (sum !== encoding.raw(text)) wrong.push(point.toString(16))
      }
      expect(wrong).toEqual([])
    },
    60_000,
  )

  it.each([
    ['text with spaces', 'The quick brown fox jumps over the lazy dog. '],
    ['JSON without spaces', '{"name":"value","list":[1,2,3]},'],
    ['Chinese', '春眠不觉晓，处处闻啼鸟。'],
    ['Japanese', '吾輩は猫である。名前はまだ無い。'],
    ['Korean', '나 보기가 역겨워 가실 때에는, '],
    ['Russian', 'Мороз и солнце; день чудесный! '],
    ['Hindi', 'सत्य एक है, मार्ग अनेक। '],
    ['emoji between spaces', '😀 👩‍👧 🇩🇪 '],
  ])('have about the requested length: %s', (_, phrase) => {
    const slices = all(phrase.repeat(500), 100)
    expect(Math.max(...slices.map(({ bytes }) => bytes))).toBeLessThan(200)
    expect(slices.every(({ forced }) => !forced)).toBe(true)
  })

  it('respect the target size for text with words', () => {
    const text = 'The quick brown fox jumps over the lazy dog. '.repeat(2_000)
    expect(Math.max(...all(text, 1_000).map(({ bytes }) => bytes))).toBeLessThan(1_020)
    expect(all(text).every(({ forced }) => !forced)).toBe(true)
  })

  it('cut only words that are too long', () => {
    expect(all('a'.repeat(MAX_RUN))).toHaveLength(1)
    const [first, ...rest] = all('a'.repeat(MAX_RUN * 3))
    expect(first).toMatchObject({ end: MAX_RUN, forced: true })
    expect(rest).toHaveLength(2)
  })
})
