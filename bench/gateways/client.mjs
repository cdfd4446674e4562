// A load generator that costs little: prepared bytes over kept sockets, and no more parsing than the end of an answer takes.
import { connect } from 'node:net'

const crlf2 = Buffer.from('\r\n\r\n')
const lastChunk = Buffer.from('\r\n0\r\n\r\n')

/** Bytes of a request. */
export function requestBytes(path, headers, body) {
  const all = { host: 'localhost', 'content-type': 'application/json', ...headers }
  all['content-length'] = Buffer.byteLength(body)
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** One connection with one request at a time. */
export class Connection {
  #socket
  #held = []
  #head
  #left = 0
  #chunked = false
  #done
  #fail

  constructor(port) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (data) => this.#take(data))
    const lost = (error) => this.#fail?.(error ?? new Error('The server has closed the connection.'))
    this.#socket.on('error', lost)
    this.#socket.on('close', () => lost())
  }

  /** Sends a request. Resolves to the bytes of the answer, head and body. */
  send(bytes) {
    return new Promise((resolve, reject) => {
      this.#done = resolve
      this.#fail = reject
      this.#held = []
      this.#head = undefined
      this.#socket.write(bytes)
    })
  }

  #take(data) {
    this.#held.push(data)
    if (this.#head === undefined) {
      const all = this.#held.length === 1 ? data : Buffer.concat(this.#held)
      const end = all.indexOf(crlf2)
      if (end < 0) return
      this.#held = [all]
      this.#head = all.latin1Slice(0, end)
      const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head)
      this.#chunked = length === null
      this.#left = length ? Number(length[1]) - (all.length - end - 4) : 0
    } else if (!this.#chunked) this.#left -= data.length
    if (this.#chunked ? this.#ended(data) : this.#left <= 0) this.#done(Buffer.concat(this.#held))
  }

  #ended(data) {
    if (data.length >= lastChunk.length) return data.subarray(-lastChunk.length).equals(lastChunk)
    return Buffer.concat(this.#held.slice(-8)).subarray(-lastChunk.length).equals(lastChunk)
  }

  close() {
    this.#fail = undefined
    this.#socket.destroy()
  }
}

/** Texts of an answer's body, for a check of what came. */
export function textOf(answer) {
  const end = answer.indexOf(crlf2)
  const status = Number(answer.latin1Slice(9, 12))
  const chunked = /\r\ntransfer-encoding: *chunked/i.test(answer.latin1Slice(0, end))
  const all = (chunked ? joined(answer.subarray(end + 4)) : answer.subarray(end + 4)).toString('utf8')
  const texts = [...all.matchAll(/"(?:content|text)": ?"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1])
  return { status, text: texts.join(''), all }
}

/** The bytes of a chunked body: a proxy may cut them elsewhere than the upstream did. */
function joined(body) {
  const parts = []
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.latin1Slice(at, end), 16)
    if (!(length > 0)) return Buffer.concat(parts)
    parts.push(body.subarray(end + 2, end + 2 + length))
    at = end + 4 + length
  }
}

/** Sends `count` requests over `width` connections. Returns the times of all, in milliseconds, and the elapsed time. */
export async function load(port, bytes, count, width, size) {
  const times = []
  let left = count
  const start = performance.now()
  const run = async () => {
    const connection = new Connection(port)
    try {
      while (left-- > 0) {
        const from = performance.now()
        const answer = await connection.send(bytes)
        times.push(performance.now() - from)
        // an answer that is cut, or an error, would be a cheap one
        if (answer[9] !== 0x32 || answer.length < size) throw new Error(answer.toString('utf8', 0, 600))
      }
    } finally {
      connection.close()
    }
  }
  await Promise.all(Array.from({ length: width }, run))
  return { times, elapsed: performance.now() - start }
}
