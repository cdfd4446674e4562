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

it('lets one gateway use a folder, and the next one after it', async () => {
  const folder = temporaryFolder()
  const first = openSqlite(folder, { exclusive: true })
  expect(await first.query('select 1 as one')).toEqual([{ one: 1 }])
  const second = openSqlite(folder, { exclusive: true })
  await expect(second.query('select 1')).rejects.toThrow(
    /^Another process uses the database '.*llmux\.sqlite'.*choose another folder with --data/,
  )
  // a command such as `migrate` needs no lock
  const command = openSqlite(folder)
  expect(await command.query('select 1 as one')).toEqual([{ one: 1 }])
  await command.close()
  await first.close()
  const next = openSqlite(folder, { exclusive: true })
  onTestFinished(() => next.close())
  expect(await next.query('select 1 as one')).toEqual([{ one: 1 }])
})

it('names the kind of an error, and goes on in the transaction', async () => {
  const sql = openSqlite(temporaryFolder())
  onTestFinished(() => sql.close())
  await sql.query('CREATE TABLE things (id TEXT PRIMARY KEY)')
  await sql.query("INSERT INTO things VALUES ('one')")
  await sql.transaction(async (tx) => {
    // node:sqlite of newer Node.js and the package for older ones have codes of their own
    await expect(tx.query("INSERT INTO things VALUES ('one')")).rejects.toMatchObject({
      code: expect.stringMatching(/^SQLITE_CONSTRAINT/),
    })
    await tx.query("INSERT INTO things VALUES ('two')")
  })
  expect(await sql.query('SELECT COUNT(*) AS count FROM things')).toEqual([{ count: 2 }])
})
