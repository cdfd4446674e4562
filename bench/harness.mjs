// Processes, interleaved rounds and the table of bench/overhead.mjs.
import { execFile, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const LIMIT_MS = 120_000
const file = (name) => fileURLToPath(new URL(name, import.meta.url))
// no full collections in idle time: they discard V8's type feedback
const execArgv = ['--no-memory-reducer']

function start(script, args) {
  const child = fork(file(script), args, { execArgv })
  return { child, ask: (message) => ask(child, message) }
}

function ask(child, message) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(reject, new Error('no answer')), LIMIT_MS)
    const end = (settle, value) => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      settle(value)
    }
    const onMessage = (answer) => (answer.error ? end(reject, new Error(answer.error)) : end(resolve, answer))
    const onExit = (code) => end(reject, new Error(`ended with ${code}`))
    child.on('message', onMessage)
    child.on('exit', onExit)
    if (message !== undefined) child.send(message)
  })
}

export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const figure = (value) => value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0)

/** What the files of bench/rows get: ways to measure, and to add a row to the table. */
export class Bench {
  /** Rows of the table so far. */
  results = []
  #workers = new Map()
  #upstream
  #group

  /** @param options { rounds, smoke, dist, peers, against: another build of llmux, measured as 'before' } */
  constructor(options) {
    this.smoke = options.smoke
    this.rounds = options.rounds ?? (options.smoke ? 1 : 9)
    this.dist = options.dist
    this.peers = options.peers
    this.against = options.against
  }

  /** Starts the provider, and a process for each contestant of a file in bench/rows. */
  async begin(group, names) {
    this.#group = group
    this.#upstream = start('upstream.mjs', [])
    this.origin = `http://127.0.0.1:${(await this.#upstream.ask()).port}`
    for (const name of names) {
      const worker = start('worker.mjs', [group, name, this.origin, name === 'before' ? this.against : this.dist])
      try {
        await worker.ask()
        this.#workers.set(name, worker)
      } catch (error) {
        if (name === 'floor' || name === 'llmux') throw error
        console.error(`bench: ${name} was left out (${error.message.split('\n')[0]})`)
      }
    }
  }

  end() {
    for (const { child } of [this.#upstream, ...this.#workers.values()]) if (child?.connected) child.disconnect()
    this.#workers.clear()
    this.#upstream = undefined
  }

  /**
   * Measures one task of the contestants in interleaved rounds, in random order.
   * @param row { title, task, width, count: calls of a round, per: divisor of one call, unit, target, warm: rounds for the compiler }
   */
  async compare({ title, task, width, count, per = 1, unit = 'call', target, warm = 2, rounds = this.rounds }) {
    const message = { task, width, count: this.smoke ? Math.max(width, Math.ceil(count / 50)) : count }
    const measured = []
    let names = [...this.#workers.keys()]
    for (let round = this.smoke ? 0 : -warm; round < rounds; round++) {
      const result = {}
      for (const name of names.toSorted(() => Math.random() - 0.5)) {
        result[name] = await this.#workers.get(name).ask(message)
      }
      names = names.filter((name) => !result[name].skip)
      if (result.floor.length !== result.llmux.length) throw new Error(`${title}: the answers differ`)
      if (round >= 0) measured.push(result)
    }
    const of = (pick) => median(measured.map(pick))
    const peers = {}
    for (const name of names) {
      if (name !== 'floor' && name !== 'llmux') peers[name] = of((one) => one[name].cpu / one.floor.cpu)
    }
    this.add({
      title,
      unit: `µs a ${unit}`,
      target,
      floor: of((one) => one.floor.cpu / per),
      llmux: of((one) => one.llmux.cpu / per),
      ratios: measured.map(({ floor, llmux }) => llmux.cpu / floor.cpu),
      time: of((one) => one.llmux.wall / one.floor.wall),
      peers,
    })
  }

  /**
   * Adds a row.
   * @param row { title, unit, floor, llmux, ratios or value: ratios to the floor by round, or another figure, target }
   */
  add({ title, unit, target, floor, llmux, ratios, value = median(ratios), time, peers = {} }) {
    const row = { group: this.#group, title, unit, target, value, floor, llmux, time, peers }
    if (ratios?.length > 1) Object.assign(row, { lowest: Math.min(...ratios), highest: Math.max(...ratios) })
    this.results.push(row)
    const range = row.lowest === undefined ? '' : ` (${figure(row.lowest)} to ${figure(row.highest)})`
    const others = Object.entries(peers).map(([name, ratio]) => `${name} ${figure(ratio)}`)
    const cells = [floor, llmux].map((one) => (one === undefined ? '' : figure(one)))
    console.log(
      `| ${title}, ${unit} | ${cells.join(' | ')} | ${figure(value)}${range} | ${target ?? ''} | ${time === undefined ? '' : figure(time)} | ${others.join(', ')} |`,
    )
  }

  head() {
    console.log('| task | floor | llmux | ratio of CPU (lowest to highest) | target | ratio of time | peers |')
    console.log('| --- | ---: | ---: | ---: | ---: | ---: | --- |')
  }

  /** Runs a module in a fresh process; it prints one JSON value. */
  fresh(source, ...args) {
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [...execArgv, '--input-type=module', '--eval', source, '--', ...args],
        { cwd: file('.'), timeout: LIMIT_MS },
        (error, out) => (error ? reject(error) : resolve(JSON.parse(out))),
      )
    })
  }
}
