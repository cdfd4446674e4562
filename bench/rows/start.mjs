// A fresh process: the import, the first answer and the first 300 calls. Each figure is the median over processes.
import { median } from '../harness.mjs'
import { messages } from '../shapes.mjs'

export const title = 'Start'
// the processes of this file are its own
export const names = []

const modules = { bare: '', undici: `await import('undici')`, llmux: 'await import(process.argv[1])' }

const used = `const { user, system } = process.cpuUsage()`
const report = `${used}; process.stdout.write(JSON.stringify({ cpu: user + system }))`
const shape = `const messages = ${JSON.stringify(messages)}`

const call = {
  floor: `
    const { request } = await import('undici')
    const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' }
    const one = async () => {
      const body = JSON.stringify({ model: 'gpt-4o', max_tokens: 256, messages })
      const response = await request(origin + '/v1/chat/completions', { method: 'POST', headers, body })
      return JSON.parse(await response.body.text()).choices[0].message.content
    }`,
  llmux: `
    const { completion } = await import(process.argv[1])
    const given = { model: 'openai/gpt-4o', max_tokens: 256, messages, apiKey: 'sk-bench', apiBase: origin + '/v1' }
    const one = async () => (await completion(given)).choices[0].message.content`,
}

const first = (name) => `${shape}; const origin = process.argv[2]; ${call[name]}
  if ((await one()).length === 0) throw new Error('no answer')
  ${used}; process.stdout.write(JSON.stringify({ cpu: user + system }), () => process.exit())`

/** The first 300 calls, 16 at a time, without the import. */
const cold = (name) => `${shape}; const origin = process.argv[2]; ${call[name]}
  const before = process.cpuUsage()
  let left = 300
  const loop = async () => { while (left-- > 0) if ((await one()).length === 0) throw new Error('no answer') }
  await Promise.all(Array.from({ length: 16 }, loop))
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(JSON.stringify({ cpu: (user + system) / 300 }), () => process.exit())`

export async function run(bench) {
  const rounds = bench.smoke ? 1 : Math.max(bench.rounds, 9)
  const measure = async (sources) => {
    const results = []
    // the first round fills the page cache
    for (let round = bench.smoke ? 0 : -1; round < rounds; round++) {
      const result = {}
      for (const name of Object.keys(sources).toSorted(() => Math.random() - 0.5)) {
        result[name] = (await bench.fresh(sources[name], bench.dist, bench.origin)).cpu
      }
      if (round >= 0) results.push(result)
    }
    return results
  }
  const imports = await measure({
    bare: modules.bare + report,
    undici: `${modules.undici}; ${report}`,
    llmux: `${modules.llmux}; ${report}`,
  })
  bench.add({
    title: "import 'llmux' over bare Node.js, as a share of importing undici",
    unit: 'ms',
    target: 0.1,
    floor: median(imports.map((one) => one.undici - one.bare)) / 1000,
    llmux: median(imports.map((one) => one.llmux - one.bare)) / 1000,
    value: median(imports.map((one) => one.llmux - one.bare)) / median(imports.map((one) => one.undici - one.bare)),
  })
  const answers = await measure({ floor: first('floor'), llmux: first('llmux') })
  bench.add({
    title: 'start to the first answer, beyond the floor',
    unit: 'ms',
    target: '+10 ms',
    floor: median(answers.map((one) => one.floor)) / 1000,
    llmux: median(answers.map((one) => one.llmux)) / 1000,
    value: median(answers.map((one) => one.llmux - one.floor)) / 1000,
  })
  const calls = await measure({ floor: cold('floor'), llmux: cold('llmux') })
  bench.add({
    title: 'first 300 calls of a process, 16 at a time',
    unit: 'µs a call',
    target: 1.1,
    floor: median(calls.map((one) => one.floor)),
    llmux: median(calls.map((one) => one.llmux)),
    ratios: calls.map((one) => one.llmux / one.floor),
  })
}
