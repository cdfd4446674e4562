import { readFileSync } from 'node:fs'
import { afterEach, expect, it, vi } from 'vitest'
import { recover, Spool } from '../../src/ledger/spool.js'
import { temporaryFolder } from './harness.js'

/** How the disk answers the next writes: with the number of bytes that it takes, or with an error. */
const disk = vi.hoisted(() => ({ answers: [] as (number | Error)[], writes: 0 }))

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  return {
    ...fs,
    writeSync(handle: number, data: string | Uint8Array, from = 0): number {
      disk.writes++
      const answer = disk.answers.shift()
      if (answer instanceof Error) throw answer
      const bytes = Buffer.from(data as string).subarray(from)
      return fs.writeSync(handle, answer === undefined ? bytes : bytes.subarray(0, answer))
    },
  }
})

const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
const call = (id: string, nanos = 0) => ({ row: { id, nanos }, spend: [] }) as never
const idsIn = (spool: Spool) => recover(spool.files()).map(({ row }) => row.id)

function openSpool() {
  const troubles: Error[] = []
  const spool = new Spool(temporaryFolder(), (error) => troubles.push(error))
  disk.writes = 0
  return { spool, troubles }
}

afterEach(() => {
  disk.answers = []
})

it('writes all lines of a turn at once, before the calls go on', async () => {
  const { spool } = openSpool()
  expect(spool.written).toBeUndefined()
  for (const id of ['a', 'b', 'c']) spool.admit(call(id))
  spool.settle(call('a', 5))
  spool.release('b')
  expect(disk.writes).toBe(0)
  await spool.written
  expect(disk.writes).toBe(1)
  expect(spool.written).toBeUndefined()
  expect(recover(spool.files())).toEqual([call('a', 5), call('c')])
  spool.close()
})

it('writes the rest of lines of which the disk took a part', async () => {
  const { spool, troubles } = openSpool()
  disk.answers = [20, 30]
  for (const id of ['a', 'é', 'c']) spool.admit(call(id))
  await spool.written
  expect(disk.writes).toBe(3)
  expect(idsIn(spool)).toEqual(['a', 'é', 'c'])
  expect(troubles).toEqual([])
  spool.close()
})

it('lets calls go on while the disk is full, reports it once, and loses no later line', async () => {
  const { spool, troubles } = openSpool()
  disk.answers = [20, full(), full()]
  spool.admit(call('a'))
  await spool.written
  spool.admit(call('b'))
  await spool.written
  expect(troubles.map(({ message }) => message)).toEqual(['ENOSPC: no space left on device, write'])
  // the line of the first call ends in its middle
  spool.admit(call('c'))
  await spool.written
  expect(idsIn(spool)).toEqual(['c'])
  const [file = ''] = spool.files()
  expect(readFileSync(file, 'utf8').split('\n')[0]).toHaveLength(20)
  disk.answers = [full()]
  spool.admit(call('d'))
  await spool.written
  expect(troubles).toHaveLength(2)
  spool.close()
})

it('deletes its file once all calls are in the database, with lines that were never written', async () => {
  const { spool } = openSpool()
  disk.answers = [full()]
  spool.admit(call('a'))
  await spool.written
  spool.settle(call('a'))
  spool.done('a')
  const [file = ''] = spool.files()
  spool.close()
  expect(() => readFileSync(file)).toThrow('ENOENT')
})
