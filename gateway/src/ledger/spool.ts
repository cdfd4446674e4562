import { randomBytes } from 'node:crypto'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { SpendPlace } from '../limits/accounts.js'
import type { LedgerRow } from '../store/rows.js'

/** A row of the ledger, and the sums of spend that it belongs to. */
export interface Booking {
  readonly row: LedgerRow
  readonly spend: readonly SpendPlace[]
}

type Line =
  | ({ readonly kind: 'admitted' } & Booking)
  | ({ readonly kind: 'settled' } & Booking)
  | { readonly kind: 'released'; readonly id: string }

interface Segment {
  readonly file: string
  readonly handle: number
  readonly since: number
  lines: number
  /** Calls with a line in this file that are not yet in the database. */
  open: number
}

/** Gateways of this process. None of them may take the files of another one. */
const living = new Set<string>()

const segmentLines = 4_000
const segmentMs = 30_000
const staleMs = 10 * 60_000

/**
 * Journal of admitted and settled calls on the local disk. The operating system has a line before the call proceeds, so it survives
 * the end of the process by any signal. A file is deleted once all of its calls are in the database.
 */
export class Spool {
  readonly #folder: string
  readonly #owner = `${hostname().replace(/[^\w.]/g, '_')}-${process.pid}`
  readonly #run = randomBytes(4).toString('hex')
  readonly #trouble: (error: Error) => void
  readonly #segments = new Set<Segment>()
  readonly #places = new Map<string, Segment[]>()
  #current: Segment | undefined
  #count = 0
  #troubled = false
  readonly #timer: NodeJS.Timeout

  constructor(folder: string, trouble: (error: Error) => void) {
    this.#folder = folder
    this.#trouble = trouble
    living.add(this.#run)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // a recent time shows other processes that the owner lives
    this.#timer = setInterval(() => this.#touch(), 60_000)
    this.#timer.unref()
  }

  /** Notes a call that is about to begin, with its estimate as cost. */
  admit(booking: Booking): void {
    this.#write({ kind: 'admitted', row: booking.row, spend: booking.spend }, booking.row.id)
  }

  settle(booking: Booking): void {
    this.#write({ kind: 'settled', row: booking.row, spend: booking.spend }, booking.row.id)
  }

  /** Notes that a call never reached a provider. */
  release(id: string): void {
    this.#write({ kind: 'released', id }, id)
    this.done(id)
  }

  /** The call is in the database. */
  done(id: string): void {
    for (const segment of this.#places.get(id) ?? []) {
      segment.open--
      this.#drop(segment)
    }
    this.#places.delete(id)
  }

  close(): void {
    clearInterval(this.#timer)
    living.delete(this.#run)
    const current = this.#current
    this.#current = undefined
    if (current) this.#drop(current)
    for (const { handle } of this.#segments) closeSync(handle)
    this.#segments.clear()
  }

  #write(line: Line, id: string): void {
    try {
      const segment = this.#segment()
      writeSync(segment.handle, textOf(line))
      segment.lines++
      const places = this.#places.get(id)
      if (!places) this.#places.set(id, [segment])
      else if (!places.includes(segment)) places.push(segment)
      else return
      segment.open++
    } catch (error) {
      // a full disk must not stop the calls: they are still in memory, on their way to the database
      if (!this.#troubled) this.#trouble(error as Error)
      this.#troubled = true
      return
    }
    this.#troubled = false
  }

  #segment(): Segment {
    const current = this.#current
    if (current && current.lines < segmentLines && Date.now() - current.since < segmentMs) return current
    const file = join(this.#folder, `${this.#owner}-${this.#run}-${++this.#count}.jsonl`)
    const segment = { file, handle: openSync(file, 'a', 0o600), since: Date.now(), lines: 0, open: 0 }
    this.#segments.add(segment)
    this.#current = segment
    if (current) this.#drop(current)
    return segment
  }

  #drop(segment: Segment): void {
    if (segment.open > 0 || segment === this.#current || !this.#segments.delete(segment)) return
    closeSync(segment.handle)
    rmSync(segment.file, { force: true })
  }

  #touch(): void {
    const now = new Date()
    for (const { file } of this.#segments) {
      try {
        utimesSync(file, now, now)
      } catch {}
    }
  }

  /** Files of this process. */
  files(): string[] {
    return [...this.#segments].map(({ file }) => file)
  }

  /** Files of processes that have ended. */
  abandoned(): string[] {
    return readdirSync(this.#folder)
      .filter((name) => this.#isAbandoned(name))
      .map((name) => join(this.#folder, name))
  }

  #isAbandoned(name: string): boolean {
    const match = /^(.+)-(\d+)-([0-9a-f]{8})-\d+\.jsonl$/.exec(name)
    const [, host, pid, run] = match ?? []
    if (host === undefined || run === undefined || living.has(run)) return false
    // an earlier process with the same number, such as the first one in a container
    if (`${host}-${pid}` === this.#owner) return true
    if (host === this.#owner.slice(0, this.#owner.lastIndexOf('-'))) return !isAlive(Number(pid))
    return Date.now() - statSync(join(this.#folder, name)).mtimeMs > staleMs
  }
}

/** Sums of spend as text: calls of one caller share their list. */
const spendTexts = new WeakMap<readonly SpendPlace[], string>()

function textOf(line: Line): string {
  if (line.kind === 'released') return `${JSON.stringify(line)}\n`
  let spend = spendTexts.get(line.spend)
  if (spend === undefined) {
    spend = JSON.stringify(line.spend)
    spendTexts.set(line.spend, spend)
  }
  return `{"kind":"${line.kind}","row":${JSON.stringify(line.row)},"spend":${spend}}\n`
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Reads the calls of abandoned files. A call without an end has its estimate, and an unknown cost. */
export function recover(files: readonly string[]): Booking[] {
  const found = new Map<string, Booking>()
  const ended = new Set<string>()
  for (const line of files.flatMap(linesOf)) {
    const entry = parse(line)
    if (!entry) continue
    if (entry.kind === 'released') {
      ended.add(entry.id)
      found.delete(entry.id)
    } else if (entry.kind === 'settled') {
      ended.add(entry.row.id)
      found.set(entry.row.id, entry)
    } else if (!ended.has(entry.row.id)) found.set(entry.row.id, entry)
  }
  return [...found.values()].map(({ row, spend }) => ({ row, spend }))
}

/** Another process that starts at the same time may have booked and deleted the file. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** The ended calls of one file. */
export const settledIn = (file: string): Booking[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const entry = parse(line)
      return entry?.kind === 'settled' ? [{ row: entry.row, spend: entry.spend }] : []
    })

/** The last line of a process that was killed may be cut. */
function parse(line: string): Line | undefined {
  if (line === '') return undefined
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}
