import { describe, expect, it } from 'vitest'
import type { families } from '../../src/tokens/family-table.js'
import { measured } from '../../src/tokens/measured.js'
import { corpusFolder, howToConfigure } from '../corpus/wire/recording.js'
import { isPlain, isSound, judge, linesOf, tableOf } from './report.js'

/** Calls that an exact count misses, and why. */
const exceptions: Readonly<Record<string, string>> = {
  'openai-chat-5de1b26efbfd': 'the recorded request is not the one that was answered: 12 tokens more than any count',
}

const folder = corpusFolder()

describe('recorded calls', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }
  it('are counted within the table of errors', { timeout: 120_000 }, async () => {
    const all = await judge(folder)
    const sound = all.filter(({ sample }) => isSound(sample))
    const lines = linesOf(sound.filter(({ sample }) => isPlain(sample)))
    console.log(`${tableOf(lines)}\n`)
    const unsound = all.filter(({ sample }) => !isSound(sample)).map(({ sample }) => sample.id)
    console.log(`usage that can't be that of the request, left out: ${unsound.join(', ')}\n`)

    const exact = sound.filter(({ count }) => count.exact)
    const wrong = exact.filter(({ count, sample }) => count.tokens !== sample.prompt).map(({ sample }) => sample.id)
    console.log(`exact counts: ${exact.length}, of them right: ${exact.length - wrong.length}`)
    for (const id of wrong) console.log(`  ${id}: ${exceptions[id] ?? 'unexplained'}`)
    expect(wrong.filter((id) => !(id in exceptions))).toEqual([])

    const worse = lines.filter(({ family, tools, samples, count, scan }) => {
      const row = measured[family as keyof ReturnType<typeof families>][tools ? 'tools' : 'text']
      const [, median, p95, scanMedian, scanP95] = row
      return (
        samples >= 3 && (count.median > median || count.p95 > p95 || scan.median > scanMedian || scan.p95 > scanP95)
      )
    })
    expect(worse).toEqual([])
  })
})
