import type { FileHandle } from 'node:fs/promises'
import { systemClock } from '../call/clock.js'
import { BadRequestError } from '../errors.js'
import { builtinModule } from '../platform/index.js'
import { lock } from './journal-lock.js'

/** The first line of a journal. */
const head = { llmux: 'batch journal', version: 1 }

/** A line of the journal. */
export interface Entry {
  /** Identity of the request. */
  readonly key: string
  /** Cost in US dollars. */
  readonly cost: number | undefined
  readonly answer: object
  readonly meta: object
}

/** A line about a batch of a provider: before it is made, when it has an id, and when its results have been read. */
export interface SubmissionNote {
  /** The label of the batch. */
  readonly name: string
  readonly model?: string
  /** Identities of its requests, in order. */
  readonly keys?: readonly string[]
  /** When it was to be made, in milliseconds since 1970. */
  readonly at?: number
  readonly id?: string
  readonly over?: true
}

/** The position of a line in the file. */
type Place = readonly [start: number, length: number]

export type SyncPolicy = 'answer' | 'second' | 'never'

/**
 * A file with one line of JSON per answer, appended as answers come. Only the positions of the lines are in memory. A last line that was
 * cut by a crash is removed.
 */
export class Journal {
  /** Cost of the answers of earlier runs, in US dollars. */
  spent = 0
  /** Batches of earlier runs. */
  readonly notes: SubmissionNote[] = []
  /** By identity; several for requests that occur several times. */
  readonly #places = new Map<string, Place | Place[]>()
  readonly #file: FileHandle
  readonly #sync: SyncPolicy
  readonly #unlock: () => Promise<void>
  #size = 0
  #waiting: { text: string; done(): void; failed(error: unknown): void }[] = []
  #writing: Promise<void> | undefined
  #syncedAt = systemClock.now()

  private constructor(file: FileHandle, sync: SyncPolicy, unlock: () => Promise<void>) {
    this.#file = file
    this.#sync = sync
    this.#unlock = unlock
  }

  /** @throws {BadRequestError} if the file is no journal, or another process uses it */
  static async open(path: string, sync: SyncPolicy): Promise<Journal> {
    const fs = builtinModule('node:fs/promises') as typeof import('node:fs/promises') | undefined
    if (!fs) {
      throw new BadRequestError("'journal' needs a file system; leave it out on this runtime.", { param: 'journal' })
    }
    const unlock = await lock(path, fs)
    let file: FileHandle | undefined
    try {
      // not `a`: a cut line is removed, and then overwritten
      file = await fs.open(path, 'r+').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return fs.open(path, 'wx+')
        throw error
      })
      const journal = new Journal(file, sync, unlock)
      await journal.#read(path)
      return journal
    } catch (error) {
      await file?.close()
      await unlock()
      throw error
    }
  }

  /** Reads the positions of all lines. */
  async #read(path: string): Promise<void> {
    let line = 0
    for await (const [text, start, length] of linesOf(this.#file)) {
      const entry = parse(text)
      if (line++ === 0 && !(entry && 'llmux' in entry && entry.llmux === head.llmux)) {
        throw new BadRequestError(
          `'journal' must be the path of a journal or of a new file; ${path} is another file.`,
          {
            param: 'journal',
          },
        )
      }
      // a line that is no JSON was cut by a crash, with the one that follows
      if (entry && 'key' in entry && typeof entry.key === 'string') {
        this.#add(entry.key, [start, length])
        if ('cost' in entry && typeof entry.cost === 'number') this.spent += entry.cost
      } else if (entry && 'submission' in entry) this.notes.push(entry.submission as SubmissionNote)
      this.#size = start + length
    }
    await this.#file.truncate(this.#size)
    if (line === 0) await this.#append(`${JSON.stringify(head)}\n`)
  }

  #add(key: string, place: Place): void {
    const known = this.#places.get(key)
    if (!known) this.#places.set(key, place)
    else if (isList(known)) known.push(place)
    else this.#places.set(key, [known, place])
  }

  /** Takes an answer of an earlier run out, each of them once. */
  async take(key: string): Promise<Entry | undefined> {
    return this.claim(key)?.()
  }

  /** Takes an answer out that is read later. */
  claim(key: string): (() => Promise<Entry>) | undefined {
    const known = this.#places.get(key)
    if (!known) return undefined
    const place = isList(known) ? known.shift() : known
    if (!isList(known) || known.length === 0) this.#places.delete(key)
    if (!place) return undefined
    const [start, length] = place
    return async () => {
      const { buffer } = await this.#file.read(new Uint8Array(length), 0, length, start)
      return JSON.parse(new TextDecoder().decode(buffer)) as Entry
    }
  }

  /** Settles when the line is on the disk, whatever the policy: what follows must not happen twice. */
  async note(submission: SubmissionNote): Promise<void> {
    await this.#append(`${JSON.stringify({ submission })}\n`)
    await this.#file.datasync()
  }

  /** Settles when the line is in the file, and on the disk if the policy is `answer`. */
  append(entry: Entry): Promise<void> {
    return this.#append(`${JSON.stringify(entry)}\n`)
  }

  #append(text: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ text, done, failed })
      this.#writing ??= this.#write()
    })
  }

  /** Writes all lines that wait as one, in a loop: answers come faster than the disk. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0)
      const start = this.#size
      const bytes = new TextEncoder().encode(lines.map(({ text }) => text).join(''))
      let written = 0
      try {
        while (written < bytes.length) {
          const { bytesWritten } = await this.#file.write(bytes, written, bytes.length - written, start + written)
          written += bytesWritten
        }
        this.#size = start + bytes.length
        await this.#syncIfDue()
        for (const { done } of lines) done()
      } catch (error) {
        // complete lines stay; one that a full disk cut is removed, so that it can't spoil the next one
        this.#size = start + bytes.subarray(0, written).lastIndexOf(newline) + 1
        await this.#file.truncate(this.#size).catch(() => {})
        for (const { failed } of lines) failed(error)
      }
    }
    this.#writing = undefined
  }

  async #syncIfDue(): Promise<void> {
    const now = systemClock.now()
    if (this.#sync === 'never' || (this.#sync === 'second' && now - this.#syncedAt < 1000)) return
    this.#syncedAt = now
    await this.#file.datasync()
  }

  async close(): Promise<void> {
    await this.#writing
    try {
      if (this.#sync !== 'never') await this.#file.datasync()
    } finally {
      await this.#file.close()
      await this.#unlock()
    }
  }
}

const isList = (value: Place | Place[]): value is Place[] => Array.isArray(value[0])

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const blockSize = 256 * 1024
const newline = 0x0a

/** The complete lines of a file with their positions in bytes. */
async function* linesOf(file: FileHandle): AsyncGenerator<readonly [text: string, start: number, length: number]> {
  const decoder = new TextDecoder()
  let held: Uint8Array[] = []
  let heldLength = 0
  let start = 0
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(new Uint8Array(blockSize), 0, blockSize, position)
    if (bytesRead === 0) return
    const block = buffer.subarray(0, bytesRead)
    position += bytesRead
    let from = 0
    for (let end = block.indexOf(newline); end >= 0; end = block.indexOf(newline, from)) {
      held.push(block.subarray(from, end + 1))
      const length = heldLength + end + 1 - from
      yield [held.map((one) => decoder.decode(one, { stream: true })).join('') + decoder.decode(), start, length]
      start += length
      held = []
      heldLength = 0
      from = end + 1
    }
    if (from < block.length) {
      held.push(block.subarray(from))
      heldLength += block.length - from
    }
  }
}
