import type { FileHandle } from 'node:fs/promises'
import type { Upload } from '../../providers/batches/contract.js'
import { builtinModule, concat, fromUtf8 } from '../platform/index.js'

/** Lines gathered before they are written. */
const blockSize = 256 * 1024

/**
 * Lines on their way to a provider: in a temporary file, which gives their size and can be sent again. Without a file system they are in
 * memory.
 */
export class Spool implements Upload {
  size = 0
  readonly repeatable = true
  readonly #file: TemporaryFile | undefined
  #blocks: Uint8Array[] = []
  #held = ''

  private constructor(file: TemporaryFile | undefined) {
    this.#file = file
  }

  static async open(): Promise<Spool> {
    return new Spool(await TemporaryFile.open())
  }

  async append(line: string): Promise<void> {
    this.#held += `${line}\n`
    if (this.#held.length >= blockSize) await this.flush()
  }

  /** Writes what is held. */
  async flush(): Promise<void> {
    if (this.#held === '') return
    const bytes = fromUtf8(this.#held)
    this.#held = ''
    if (this.#file) await this.#file.write(bytes, this.size)
    else this.#blocks.push(bytes)
    this.size += bytes.length
  }

  async *open(): AsyncGenerator<Uint8Array> {
    if (!this.#file) {
      yield* this.#blocks
      return
    }
    for (let at = 0; at < this.size; ) {
      const block = await this.#file.read(at, Math.min(blockSize, this.size - at))
      yield block
      at += block.length
    }
  }

  async close(): Promise<void> {
    this.#blocks = []
    await this.#file?.close()
  }
}

class TemporaryFile {
  readonly #handle: FileHandle

  private constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Undefined without a file system that can be written. The file has no name any more: it ends with the process. */
  static async open(): Promise<TemporaryFile | undefined> {
    const fs = builtinModule('node:fs/promises') as typeof import('node:fs/promises') | undefined
    const os = builtinModule('node:os') as typeof import('node:os') | undefined
    if (!fs || !os) return undefined
    try {
      const folder = await fs.mkdtemp(`${os.tmpdir()}/llmux-batch-`)
      try {
        return new TemporaryFile(await fs.open(`${folder}/requests.jsonl`, 'wx+', 0o600))
      } finally {
        // an open file stays readable; Windows removes it when it is closed
        await fs.rm(folder, { recursive: true, force: true }).catch(() => {})
      }
    } catch {
      return undefined
    }
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.length - at, position + at)
      at += bytesWritten
    }
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const { buffer, bytesRead } = await this.#handle.read(new Uint8Array(length), 0, length, position)
    if (bytesRead === 0) throw new Error('The temporary file of the batch is shorter than what was written to it.')
    return buffer.subarray(0, bytesRead)
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** Cuts bytes into lines, without their ends. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = []
  let size = 0
  for await (const chunk of bytes) {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      held.push(chunk.subarray(from, end))
      yield held.length === 1 && held[0] ? held[0] : concat(held)
      held = []
      size = 0
      from = end + 1
    }
    if (from === chunk.length) continue
    held.push(chunk.subarray(from))
    size += chunk.length - from
    if (size > most) throw new LineTooLong(most)
  }
  if (held.length > 0) yield concat(held)
}

/** A line beyond `maxResponseBytes`. */
export class LineTooLong extends Error {
  constructor(most: number) {
    super(`a line of more than maxResponseBytes (${most})`)
  }
}

const newline = 0x0a
