// A tour of llmux: npm run demo. It needs no key and no network: providers without a key are simulated and labelled.
// Real: OPENAI_API_KEY, ANTHROPIC_API_KEY, or a server of yours with LLMUX_DEMO_BASE and LLMUX_DEMO_MODEL.

import { readFile } from 'node:fs/promises'
import { createClient, LLMError } from 'llmux'
import { startSimulator } from 'llmux/testing'

const { env } = process
const width = 78
const color = process.stdout.isTTY && !env.NO_COLOR
const paint = (code) => (text) => (color ? `\x1b[${code}m${text}\x1b[0m` : String(text))
const [bold, dim, red, green, yellow, cyan] = [1, 2, 31, 32, 33, 36].map(paint)

// --- providers --------------------------------------------------------------------------------------------------------

const simulator = await startSimulator({ apiKeys: ['simulated'], reply: scripted })
const simulated = { openai: simulator.openaiBase, anthropic: simulator.anthropicBase }

/** One client for the real providers, one for the simulator. */
const real = createClient({ timeout: 60_000 })
const fake = createClient({
  proxy: false,
  providers: {
    openai: { apiKey: 'simulated', apiBase: simulated.openai },
    anthropic: { apiKey: 'simulated', apiBase: simulated.anthropic },
  },
})

const has = {
  OpenAI: !!env.OPENAI_API_KEY,
  Anthropic: !!(env.ANTHROPIC_API_KEY || env.ANTHROPIC_AUTH_TOKEN),
  'Your server': !!env.LLMUX_DEMO_BASE,
}
if (env.LLMUX_DEMO_BASE && !env.LLMUX_DEMO_MODEL) stop('LLMUX_DEMO_BASE is set: set LLMUX_DEMO_MODEL too.')

const targets = [
  { name: 'OpenAI', model: 'openai/gpt-4o-mini', set: 'OPENAI_API_KEY' },
  { name: 'Anthropic', model: 'anthropic/claude-sonnet-4-5', set: 'ANTHROPIC_API_KEY' },
  {
    name: 'Your server',
    model: `openai/${has['Your server'] ? env.LLMUX_DEMO_MODEL : 'llama-3.2-3b'}`,
    set: 'LLMUX_DEMO_BASE and LLMUX_DEMO_MODEL',
    options: has['Your server'] ? { apiBase: env.LLMUX_DEMO_BASE, apiKey: env.LLMUX_DEMO_KEY } : {},
  },
].map((target) => ({ ...target, real: has[target.name], client: has[target.name] ? real : fake }))

/** Where one provider is enough: a real one, if there is one. */
const main = targets.find((target) => target.real) ?? targets[0]
const ask = (request, target = main) =>
  target.client.completion({ model: target.model, max_tokens: 300, ...target.options, ...request })
const user = (content) => [{ role: 'user', content }]

// --- the tour ---------------------------------------------------------------------------------------------------------

let failures = 0
let step = 0

say(`\n${bold('llmux')}  one completion() for every LLM\n`)
for (const { name, real, set } of targets) {
  say(`  ${name.padEnd(12)} ${real ? green('real') : `${yellow('simulated')}  ${dim(`real with ${set}`)}`}`)
}

await part('One request, three providers', 'completion({ model, messages })', 'each', {}, async () => {
  say(dim(`  ${'model'.padEnd(29)}${'answer'.padEnd(32)}${'tokens'.padStart(7)}${'ms'.padStart(7)}`))
  for (const target of targets) {
    await attempt(async () => {
      const messages = user('In at most five words: why is the sky blue?')
      const { choices, usage, meta } = await ask({ messages }, target)
      const tokens = String(usage?.total_tokens ?? '?').padStart(7)
      const ms = meta.latencyMs.toFixed(0).padStart(7)
      say(`  ${clip(target.model, 28).padEnd(29)}${clip(choices[0].message.content, 31).padEnd(32)}${tokens}${ms}`)
    })
  }
  say(dim('  The first call loads the HTTP client too.'))
})

await part('Text as it arrives', 'for await (const chunk of stream)', main, {}, async () => {
  const stream = await ask({ messages: user('Two sentences about lighthouses.'), stream: true })
  const write = wrapper()
  for await (const chunk of stream) write(chunk.choices[0]?.delta.content ?? '')
  const { timeToFirstTokenMs, latencyMs } = stream.meta
  say(dim(`\n  first content after ${timeToFirstTokenMs.toFixed(0)} ms, all of it after ${latencyMs.toFixed(0)} ms`))
})

await part('A tool call, there and back', 'completion({ model, messages, tools })', main, {}, async () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const tools = [{ type: 'function', function: { name: 'get_weather', description: 'The weather now.', parameters } }]
  const messages = user('Is it raining in Lisbon? Look at the weather.')
  const first = (await ask({ messages, tools })).choices[0].message
  if (!first.tool_calls) return say(`  The model called no tool, and said: ${clip(first.content, 40)}`)
  messages.push(first)
  for (const { id, function: made } of first.tool_calls) {
    const content = JSON.stringify({ celsius: 18, sky: 'clear' })
    say(`  model  ${cyan(`${made.name}(${made.arguments})`)}`)
    say(`  we     ${content}`)
    messages.push({ role: 'tool', tool_call_id: id, content })
  }
  say(`  model  ${clip((await ask({ messages, tools })).choices[0].message.content, 68)}`)
})

const tooSmall = { json_schema_validation: 'This model did not manage' }
await part('An answer with a type', 'response_format: z.object({ … })', main, tooSmall, async () => {
  const zod = await import('zod').catch(() => undefined)
  if (!zod) return say('  zod is not installed: npm install zod')
  const { z } = zod
  const Meeting = z.object({ title: z.string(), city: z.string(), attendees: z.array(z.string()) })
  const messages = user('Ann and Bob meet for the science fair in Lisbon. Answer as JSON.')
  const { message } = (await ask({ messages, response_format: Meeting })).choices[0]
  say(`  message.parsed.title      ${cyan(JSON.stringify(message.parsed?.title))}`)
  say(`  message.parsed.attendees  ${cyan(JSON.stringify(message.parsed?.attendees))}`)
})

const textOnly = { bad_request: 'This model takes no images' }
await part('An image', "{ type: 'image_url', image_url: { url } }", main, textOnly, async () => {
  const url = `data:image/png;base64,${await readFile(new URL('./circle.png', import.meta.url), 'base64')}`
  const content = [
    { type: 'text', text: 'What is in this image, in five words?' },
    { type: 'image_url', image_url: { url } },
  ]
  say(`  ${clip((await ask({ messages: user(content) })).choices[0].message.content, 75)}`)
})

const [openai] = targets
const pretend = { ...openai, real: false, client: fake, options: {} }

await part('A failure that passes', '429 with Retry-After, then 500', pretend, {}, async () => {
  simulator.fail({ kind: 'status', status: 429, retryAfterMs: 400 })
  simulator.fail({ kind: 'status', status: 500 })
  const { meta } = await ask({ messages: user('Hello?') }, pretend)
  for (const { outcome, status, delayMs } of meta.attempts) {
    const mark = outcome === 'success' ? green('ok  ') : yellow('fail')
    const wait = delayMs === undefined ? '' : dim(`waited ${delayMs.toFixed(0)} ms`)
    say(`  ${mark} ${status}  ${outcome.padEnd(21)}${wait}`)
  }
  say(dim(`  meta.retries is ${meta.retries}, meta.latencyMs is ${meta.latencyMs.toFixed(0)}`))
})

await part('A failure that stays', "apiKey: 'sk-wrong'", pretend, {}, async () => {
  try {
    await ask({ messages: user('Hello?'), apiKey: 'sk-wrong' }, pretend)
  } catch (error) {
    if (!LLMError.is(error)) throw error
    say(`  ${red(error.name)}  code ${error.code}, status ${error.status}, retryable ${error.retryable}`)
    say(wrap(error.message))
  }
})

await Promise.all([real.close(), fake.close()])
await simulator.close()
say(failures === 0 ? `\n${dim('Next: README.md, and one idea a file in examples/.')}\n` : '')
process.exitCode = failures === 0 ? 0 : 1

// --- the simulator's replies --------------------------------------------------------------------------------------------

/** Answers that read better than its own. Undefined leaves a request to it: tool calls, for one. */
function scripted({ wire, model, body }) {
  const asked = JSON.stringify(body.messages.at(-1))
  if (asked.includes('sky blue')) {
    if (wire === 'anthropic') return 'Air scatters blue light most.'
    return model.startsWith('llama') ? 'Rayleigh scattering.' : 'Sunlight scattered by the air.'
  }
  if (asked.includes('lighthouses')) {
    const text =
      'A lighthouse is a promise kept in the dark: the same light, at the same beat, for whoever happens to look. ' +
      'Most are now run by a clock and a bulb, and the promise is the same.'
    return { text, chunkDelayMs: 25 }
  }
  if (asked.includes('celsius')) return 'No. It is 18 °C in Lisbon, and the sky is clear.'
  if (asked.includes('science fair')) {
    return JSON.stringify({ title: 'Science fair', city: 'Lisbon', attendees: ['Ann', 'Bob'] })
  }
  if (asked.includes('this image')) return { text: 'A red circle on white. (The simulator did not look.)' }
  return undefined
}

// --- how it looks -----------------------------------------------------------------------------------------------------

/**
 * `by` names the provider and whether it is real. `excuses` are errors of a real model that don't fail this tour, by
 * code.
 */
async function part(title, code, by, excuses, body) {
  const who = by === 'each' ? '' : `${by.name}, ${by.real ? 'real' : 'simulated'}`
  const head = `${++step}  ${title}`
  say(`\n${bold(head)}${who && dim(who.padStart(width - head.length))}`)
  say(dim(`   ${code}`))
  await attempt(body, by.real ? excuses : {})
}

/** Prints an error in place and continues. */
async function attempt(body, excuses = {}) {
  try {
    await body()
  } catch (error) {
    const excuse = excuses[error.code]
    if (excuse) return say(wrap(`${excuse}: ${error.message}`))
    failures++
    say(`  ${red(error.name)}`)
    say(wrap(error.message))
  }
}

function clip(text, most) {
  const line = String(text ?? '')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

function wrap(text) {
  const lines = ['']
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1)
    if (line && line.length + word.length > width - 3) lines.push(word)
    else lines[lines.length - 1] = line ? `${line} ${word}` : word
  }
  return lines.map((line) => `  ${line}`).join('\n')
}

/** Writes text as it comes, and breaks lines between words. A word may come in several pieces. */
function wrapper() {
  let column = 0
  let space = false
  process.stdout.write('  ')
  return (text) => {
    for (const piece of text.split(/(\s+)/)) {
      if (piece === '') continue
      if (piece.trim() === '') {
        space = column > 0
        continue
      }
      if (space && column + piece.length > width - 6) {
        process.stdout.write('\n  ')
        column = 0
      } else if (space) {
        process.stdout.write(' ')
        column++
      }
      space = false
      process.stdout.write(piece)
      column += piece.length
    }
  }
}

function say(text) {
  console.log(text)
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
