import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { countTokensLocally, estimateTokens, loadTokenizer, tokenCounter } from '../../src/tokens/index.js'
import { MAX_RUN, slicesOf } from '../../src/tokens/slices.js'

const KB_100 = 100_000

/** 100 KB of UTF-8, made of one unit. */
const fill = (unit: string): string => unit.repeat(Math.floor(KB_100 / Buffer.byteLength(unit)))

/** Texts that have few borders between words, or only such as one of our tables might get wrong. */
const hostile: Readonly<Record<string, string>> = {
  'one letter': fill('a'),
  capitals: fill('A'),
  'small and large letters': fill('aA'),
  'one han character': fill('中'),
  thai: fill('ก็'),
  'combining marks': fill('\u0301'),
  'a letter with marks': fill('e\u0301'),
  'letters beyond the first plane': fill('𐐀'),
  'letters of two planes': fill('𐐀a'),
  'han beyond the first plane': fill('𠀀'),
  emoji: fill('😀'),
  'emoji joined': fill('👩\u200d'),
  spaces: fill(' '),
  'line ends': fill('\n'),
  'line ends and spaces': fill('\n '),
  'odd spaces': fill('\u0085 '),
  'byte order marks': fill('\ufeff'),
  'byte order marks and spaces': fill('\ufeff '),
  punctuation: fill('!'),
  'slashes and line ends': fill('/\n'),
  'stars and line ends': fill('*\r\n/'),
  digits: fill('7'),
  'lone halves': fill('\ud800'),
  base64: Buffer.from(fill('\u0003\u00f1z')).toString('base64').slice(0, KB_100),
  apostrophes: fill("'"),
  'apostrophes and letters': fill("a'"),
  'unassigned characters': fill('\u0378'),
}

interface Table {
  readonly pat_str: string
}
const require = createRequire(import.meta.url)
const patternOf = (name: string): RegExp => {
  const { pat_str } = JSON.parse(readFileSync(require.resolve(`tiktoken/encoders/${name}.json`), 'utf8')) as Table
  // JavaScript has no inline flags on Node 20, and another idea of spaces.
  const source = pat_str
    .replaceAll("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?:'[sStTmMdD]|'[rR][eE]|'[vV][eE]|'[lL][lL])")
    .replaceAll('[^\\s', '[^\\p{White_Space}')
    .replaceAll('\\S', '\\P{White_Space}')
    .replaceAll('\\s', '\\p{White_Space}')
  return new RegExp(source, 'gu')
}

/**
 * The shortest of up to ten runs, in milliseconds. By the clock or by the time on the processor, whichever is less:
 * other processes may take the core away in the middle of a run.
 */
const fastest = async (enough: number, run: () => unknown): Promise<number> => {
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 10 && best >= enough; tries++) {
    const start = performance.now()
    const before = process.cpuUsage()
    await run()
    const { user, system } = process.cpuUsage(before)
    best = Math.min(best, performance.now() - start, (user + system) / 1_000)
  }
  return best
}

describe.each(Object.entries(hostile))('%s', (_, text) => {
  it.each(['o200k_base', 'cl100k_base'])('has no long word for %s', (name) => {
    const pattern = patternOf(name)
    // Merging is quadratic in a word: this is what it can cost, as against 10,000,000,000 for the text as it is.
    let cost = 0
    for (const { start, end } of slicesOf(text)) {
      for (const [word] of text.slice(start, end).matchAll(pattern)) cost += Buffer.byteLength(word) ** 2
    }
    expect(cost).toBeLessThan(KB_100 * MAX_RUN * 2.2)
  })
})

describe('100 KB of hostile text', () => {
  beforeAll(async () => {
    for (const model of ['gpt-4o', 'gpt-4']) (await loadTokenizer(model)).count('warm up '.repeat(5_000))
  })

  it.each(Object.entries(hostile))('%s is counted in less than 100 ms', async (_, text) => {
    const tokenizer = await loadTokenizer('gpt-4o')
    expect(await fastest(100, () => tokenizer.count(text))).toBeLessThan(100)
  })

  it.each(Object.entries(hostile))('%s is estimated in less than 50 ms', async (_, text) => {
    expect(await fastest(50, () => estimateTokens({ model: 'gpt-4o', text }))).toBeLessThan(50)
  })

  it('is counted approximately and not marked exact', async () => {
    const { tokens, exact, reasons } = await countTokensLocally({ model: 'gpt-4o', text: hostile['one letter'] })
    expect(tokens / 12_500).toBeGreaterThan(0.98)
    expect(tokens / 12_500).toBeLessThan(1.02)
    expect({ exact, reasons }).toEqual({ exact: false, reasons: ['words of hundreds of letters, counted in parts'] })
  })
})

describe('the event loop', () => {
  /** The longest time that nothing else had its turn, in milliseconds. */
  const longestBlock = async (work: () => Promise<unknown>): Promise<number> => {
    let longest = 0
    let last = performance.now()
    let over = false
    const look = () => {
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
      if (!over) setImmediate(look)
    }
    setImmediate(look)
    await work()
    over = true
    return longest
  }

  const english = 'The quick brown fox jumps over the lazy dog, and says: "1,234 times!"\n'.repeat(30_000)

  it.each([
    ['2 MB of English', { text: english }],
    ['1 MB of one letter', { text: 'a'.repeat(1_000_000) }],
    [
      '20,000 messages',
      { messages: Array.from({ length: 20_000 }, () => ({ role: 'user' as const, content: 'Hello there' })) },
    ],
  ])('is not blocked for more than 50 ms: %s', async (_, request) => {
    await tokenCounter({ model: 'gpt-4o', text: 'warm up '.repeat(5_000) })
    let shortest = Number.POSITIVE_INFINITY
    for (let tries = 0; tries < 8 && shortest >= 50; tries++) {
      shortest = Math.min(shortest, await longestBlock(() => tokenCounter({ model: 'gpt-4o', ...request })))
    }
    expect(shortest).toBeLessThan(50)
  })
})
