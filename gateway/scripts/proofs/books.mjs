// Compares the rows of the ledger with the sums and with the provider's bill.
import { check, note } from './client.mjs'
import { pause } from './servers.mjs'

/** All sums of the ledger in Postgres, in 10⁻⁹ US dollars. */
export async function booksOf(postgres, database) {
  const one = async (text) => BigInt((await postgres.query(text, [], database))[0].sum ?? 0)
  const rows = await postgres.query('SELECT id, nanos, cost_state, outcome FROM llmux_calls', [], database)
  return {
    rows,
    sum: rows.reduce((total, { nanos }) => total + BigInt(nanos), 0n),
    daily: await one('SELECT SUM(nanos) AS sum FROM llmux_daily'),
    keys: await one(
      "SELECT SUM(nanos) AS sum FROM llmux_spend WHERE subject LIKE 'key:%' AND subject NOT LIKE '%/%' AND period = 'total'",
    ),
    gateway: await one("SELECT SUM(nanos) AS sum FROM llmux_spend WHERE subject = 'gateway:all' AND period = 'total'"),
  }
}

/**
 * Waits until all calls of the bill have a row and no row is added any more.
 * @param bill without it only the second
 */
export async function settledBooks(postgres, database, bill = new Map(), { quietMs = 1_500, most = 60_000 } = {}) {
  const until = Date.now() + most
  let before = -1
  for (let since = Date.now(); Date.now() < until; ) {
    const [{ count }] = await postgres.query('SELECT COUNT(*) AS count FROM llmux_calls', [], database)
    if (count !== before || Number(count) < bill.size) since = Date.now()
    else if (Date.now() - since > quietMs) break
    before = count
    await pause(200)
  }
  return booksOf(postgres, database)
}

/**
 * Rows against the bill of the provider.
 * @param exact whether every amount must be known; otherwise calls cut by a fault may have an estimate
 */
export function compareBooks(books, bill, { exact = true, label = 'books' } = {}) {
  const byId = new Map(books.rows.map((row) => [row.id, row]))
  const missing = [...bill.keys()].filter((id) => !byId.has(id))
  let wrong = 0
  let marked = 0
  let billed = 0n
  for (const [id, { nanos }] of bill) {
    billed += BigInt(nanos)
    const row = byId.get(id)
    if (!row) continue
    if (row.cost_state !== 'known') marked++
    else if (BigInt(row.nanos) !== BigInt(nanos)) wrong++
  }
  const twice = books.rows.length - byId.size
  const agree = books.sum === books.daily && books.sum === books.gateway && books.sum === books.keys
  check(missing.length === 0, `${label}: ${bill.size} calls billed, ${missing.length} without a row`)
  check(
    wrong === 0 && twice === 0,
    `${label}: ${wrong} known rows differ from the bill, ${twice} rows twice, ${marked} marked as not known`,
  )
  check(
    agree,
    `${label}: sum of rows ${books.sum} = daily sums ${books.daily} = sums of keys ${books.keys} = sum of the gateway ${books.gateway} (10⁻⁹ $)`,
  )
  if (exact) check(books.sum === billed && marked === 0, `${label}: the provider billed ${billed}`)
  else note(`${label}: the provider billed ${billed}; marked rows make the difference`)
  return { missing, wrong, marked, twice, billed }
}
