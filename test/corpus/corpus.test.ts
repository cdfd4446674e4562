import { describe, expect, it } from 'vitest'
import { excluded, judgeExclusions } from './exclusions/exclusions.js'
import { leftOutLines } from './exclusions/exclusions-native.js'
import { judge, runCorpus } from './replay/run.js'
import { corpusFolder, howToConfigure } from './wire/recording.js'

const folder = corpusFolder()

describe('recorded traffic', () => {
  if (folder === undefined) {
    it.skip(howToConfigure)
    return
  }
  it('is replayed exactly', { timeout: 240_000 }, async () => {
    const { table, misses, failures } = judge(await runCorpus(folder))
    if (misses.length > 0) console.log(`misses:\n${misses.join('\n')}\n`)
    console.log(`${table}\n`)
    expect(failures).toEqual([])
  })

  it('is replayed, or excluded for a reason', () => {
    const { lines, failures } = judgeExclusions(excluded(folder))
    console.log(`not replayed:\n${[...lines, ...leftOutLines(folder)].join('\n')}\n`)
    expect(failures).toEqual([])
  })
})
