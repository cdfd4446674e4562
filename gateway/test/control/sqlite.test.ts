import { expect, it, onTestFinished } from 'vitest'
import { openSqlite } from '../../src/store/sqlite.js'
import { temporaryFolder } from './harness.js'

it('opens SQLite in a process that was started with flags for its memory', async () => {
  process.execArgv.push('--max-old-space-size=512')
  onTestFinished(() => void process.execArgv.pop())
  const sql = openSqlite(temporaryFolder())
  onTestFinished(() => sql.close())
  expect(await sql.query('select 1 as one')).toEqual([{ one: 1 }])
})
