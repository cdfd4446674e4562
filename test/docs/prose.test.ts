import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './blocks.js'

/**
 * Comments and pages are plain technical English: nouns carry the sentence, and parts of the code are not persons. These words were
 * ten times as frequent here as in other projects, so they are counted. The bound is a check for habits, not a style guide.
 */
const markers = {
  where: /\bwhere\b/gi,
  who: /\b(?:who|whom|nobody|whoever|somebody|anybody)\b/gi,
  what: /\bwhat\b/gi,
  tell: /\b(?:tells?|told|says?|said)\b/gi,
  stand: /\b(?:stands?|stood|go(?:es)? on|hears?|heard|mends?|mended)\b/gi,
}

/** Allowed occurrences of each marker per 1,000 words. */
const bound = 2

const filesOf = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name) && !/generated|node_modules/.test(name))
    .map((name) => join(folder, name))

const groups: Readonly<Record<string, () => readonly string[]>> = {
  pages: () => [
    ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
    // generated tables quote the titles of other people's pages
    ...filesOf('docs', /\.md$/).filter((name) => !name.endsWith('providers.md')),
  ],
  'comments in src': () => filesOf('src', /\.ts$/),
  'comments in providers': () => filesOf('providers', /\.ts$/),
  'comments in pricing': () => filesOf('pricing', /\.ts$/),
  'comments in simulator': () => filesOf('simulator', /\.ts$/),
}

/** The prose of a file: a page without its code, or the comments of a source file. */
function proseOf(path: string): string {
  const text = readFileSync(join(root, path), 'utf8')
  if (path.endsWith('.md'))
    return text.replace(/^ *```.*?^ *```/gms, '').replace(/`[^`]*`|\]\([^)]*\)|https?:\S+/g, ' ')
  const comments = text.match(/\/\*\*?.*?\*\/|(?:^|\s)\/\/ [^\n]*/gms) ?? []
  return comments.join('\n').replace(/`[^`]*`|\{@link[^}]*\}|https?:\S+/g, ' ')
}

describe('the prose of', () => {
  for (const [name, files] of Object.entries(groups)) {
    it(`${name} has at most ${bound} of each marker in 1,000 words`, () => {
      const prose = files().map(proseOf).join('\n')
      const words = prose.match(/[A-Za-z']+/g)?.length ?? 0
      expect(words).toBeGreaterThan(1_000)
      for (const [marker, pattern] of Object.entries(markers)) {
        const count = prose.match(pattern)?.length ?? 0
        expect.soft((count / words) * 1_000, marker).toBeLessThanOrEqual(bound)
      }
    })
  }
})
