import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers'
import type { SpendPlace } from '../limits/accounts.js'
import { makeFolder } from '../store/folder.js'
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
 * Journal of admitted and settled calls on the local disk. A call proceeds, and its answer ends, after {@link written}: then the
 * operating system has the line, and it survives the end of the process by any signal. All lines of a turn of the event loop share one
 * write. A file is deleted once all of its calls are in the database.
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
  /** Lines for the current file that are not written yet. */
  #lines = ''
  /** Whether the last line in the current file is incomplete. */
  #cut = false
  #turn: Promise<void> | undefined
  readonly #timer: NodeJS.Timeout

  constructor(folder: string, trouble: (error: Error) => void) {
    this.#folder = folder
    this.#trouble = trouble
    living.add(this.#run)
    makeFolder(folder)
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

  /** Resolves once all lines are written; undefined if they are. A line that can't be written holds up nothing. */
  get written(): Promise<void> | undefined {
    return this.#turn
  }

  close(): void {
    clearInterval(this.#timer)
    living.delete(this.#run)
    this.#flush()
    const current = this.#current
    this.#current = undefined
    if (current) this.#drop(current)
    for (const { handle } of this.#segments) closeSync(handle)
    this.#segments.clear()
  }

  #write(line: Line, id: string): void {
    let segment: Segment
    try {
      segment = this.#segment()
    } catch (error) {
      this.#failed(error as Error)
      return
    }
    this.#lines += textOf(line)
    segment.lines++
    this.#turn ??= this.#flushLater()
    const places = this.#places.get(id)
    if (!places) this.#places.set(id, [segment])
    else if (!places.includes(segment)) places.push(segment)
    else return
    segment.open++
  }

  /** The check phase of the event loop follows the reading of all sockets that were ready. */
  #flushLater(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined
        this.#flush()
        resolve()
      })
    })
  }

  #flush(): void {
    const lines = this.#lines
    if (lines === '' || !this.#current) return
    this.#lines = ''
    const { handle } = this.#current
    try {
      const text = this.#cut ? `\n${lines}` : lines
      const written = writeSync(handle, text)
      // a disk that is nearly full takes a part; the write of the rest has the error
      if (written < Buffer.byteLength(text)) {
        this.#cut = true
        writeAll(handle, Buffer.from(text).subarray(written))
      }
      this.#cut = false
    } catch (error) {
      this.#failed(error as Error)
      return
    }
    this.#troubled = false
  }

  /** A full disk must not stop the calls: they are still in memory, on their way to the database. */
  #failed(error: Error): void {
    if (!this.#troubled) this.#trouble(error)
    this.#troubled = true
  }

  #segment(): Segment {
    const current = this.#current
    if (current && current.lines < segmentLines && Date.now() - current.since < segmentMs) return current
    this.#flush()
    const file = join(this.#folder, `${this.#owner}-${this.#run}-${++this.#count}.jsonl`)
    const segment = { file, handle: openSync(file, 'a', 0o600), since: Date.now(), lines: 0, open: 0 }
    this.#cut = false
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
    this.#flush()
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

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
}

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
