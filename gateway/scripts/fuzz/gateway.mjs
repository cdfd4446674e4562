// The gateway that the requests go to, in front of the simulator: a process of its own that knows nothing else.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from 'llmux/testing'
import { options } from './options.mjs'

const longestMs = 30_000

// texts that no answer, no log line and no metric may have
export const secret = (name) => `sk-canary-${name}-5f1d8c7b2a904e63`
export const canaries = ['openai', 'anthropic', 'gemini', 'master', 'salt', 'webhook'].map(secret)
export const master = secret('master')

export const simulator = await startSimulator()
const folder = mkdtempSync(join(tmpdir(), 'llmux-fuzz-'))
const config = join(folder, 'config.yaml')
const file = {
  model_list: [
    {
      model_name: 'chat',
      litellm_params: {
        model: 'openai/gpt-4o',
        api_base: simulator.openaiBase,
        api_key: secret('openai'),
        use_in_pass_through: true,
      },
    },
    {
      model_name: 'claude',
      litellm_params: {
        model: 'anthropic/claude-sonnet-4-5',
        api_base: simulator.anthropicBase,
        api_key: secret('anthropic'),
        use_in_pass_through: true,
      },
    },
    {
      model_name: 'gemini',
      litellm_params: {
        model: 'gemini/gemini-2.5-flash',
        api_base: simulator.base('gemini'),
        api_key: secret('gemini'),
        use_in_pass_through: true,
      },
    },
    {
      model_name: 'embed',
      litellm_params: {
        model: 'openai/text-embedding-3-small',
        api_base: simulator.openaiBase,
        api_key: secret('openai'),
      },
    },
  ],
  router_settings: { num_retries: 0, disable_cooldowns: true, timeout: 10 },
  litellm_settings: { cache: true, cache_params: { type: 'local', ttl: 60 } },
  general_settings: { alerting: ['slack'], max_request_size_mb: 8 },
}
writeFileSync(config, JSON.stringify(file))

/** Output of the gateway, up to 2 MB. */
export let log = ''
const child = spawn(
  process.execPath,
  [
    `--max-old-space-size=${options.heap}`,
    new URL('../../dist/cli.js', import.meta.url).pathname,
    '--config',
    config,
    '--data',
    join(folder, 'data'),
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--debug',
  ],
  {
    // no variable of this process: nothing but the simulator is reached
    env: {
      PATH: process.env.PATH,
      LITELLM_MASTER_KEY: master,
      LITELLM_SALT_KEY: secret('salt'),
      SLACK_WEBHOOK_URL: `http://127.0.0.1:9/services/${secret('webhook')}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  },
)
const port = await new Promise((resolve, reject) => {
  child.on('exit', () => reject(new Error(`The gateway did not start.\n${log}`)))
  const read = (text) => {
    log = `${log}${text}`.slice(-2_000_000)
    const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(log)
    if (found) resolve(Number(found[1]))
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
})
/** Whether the process has ended. */
export let ended = false
child.on('exit', () => {
  ended = true
})

/** Resident memory in MB. Only Linux shows it here. */
export function memory() {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })
/** @returns the answer; status 0 if the connection was closed without one */
export function send({ method, path, headers, body, part, leaveAfter }) {
  return new Promise((resolve) => {
    const started = Date.now()
    let request
    const done = (status, text = '', sent = '') => {
      clearTimeout(timer)
      resolve({ status, text, sent, ms: Date.now() - started })
    }
    const timer = setTimeout(() => {
      request?.destroy()
      done(-1)
    }, longestMs)
    try {
      request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent })
    } catch {
      // Node itself refuses the path or a header
      return done(-2)
    }
    request.on('error', (error) => done(0, '', `${error.code} ${request.reusedSocket}`))
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('latin1')
      response.on('data', (more) => {
        text += more
      })
      response.on('error', () => done(0))
      response.on('close', () => done(response.statusCode, text, JSON.stringify(response.headers)))
    })
    if (leaveAfter !== undefined) setTimeout(() => request.destroy(), leaveAfter)
    if (part !== undefined && body !== undefined) {
      request.write(body.slice(0, part))
      setTimeout(() => (leaveAfter === undefined ? request.end(body.slice(part)) : request.destroy()), 5)
    } else request.end(body)
  })
}

/** Bytes that are no HTTP, or only nearly. */
export function sendRaw(bytes) {
  return new Promise((resolve) => {
    const started = Date.now()
    let text = ''
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(bytes, 'latin1', () => setTimeout(() => socket.end(), 20)),
    )
    socket.setEncoding('latin1')
    socket.on('data', (more) => {
      text += more
    })
    socket.on('error', () => {})
    socket.setTimeout(longestMs, () => socket.destroy())
    socket.on('close', () => {
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text, sent: '', ms: Date.now() - started })
    })
  })
}

/** Ends the gateway and the simulator. */
export async function close() {
  child.kill('SIGTERM')
  await new Promise((resolve) => (ended ? resolve() : child.once('exit', resolve)))
  agent.destroy()
  await simulator.close()
  rmSync(folder, { recursive: true, force: true })
}
