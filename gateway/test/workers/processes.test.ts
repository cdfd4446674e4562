import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../control/postgres.js'

const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
const master = 'sk-master-key-of-workers-0001'
const workers = 3

/** Calls that the provider has not answered. */
let unanswered = 0
/** Answers that wait. */
let held: (() => void)[] = []
const release = () => {
  for (const run of held) run()
  held = []
}

/** A provider. The text of the message is the duration of the answer in milliseconds, or another one for answers that wait. */
function startUpstream(): Server {
  return createServer((request, response) => {
    unanswered++
    response.once('close', () => unanswered--)
    void text(request).then((body) => {
      const { messages, stream } = JSON.parse(body) as { messages: { content: string }[]; stream?: boolean }
      const pause = Number(messages[0]?.content)
      /** A text that is no number waits for `release()`. */
      const later = (run: () => void) => {
        if (Number.isNaN(pause)) held.push(run)
        else setTimeout(run, pause)
      }
      const common = { id: 'chatcmpl-1', created: 1, model: 'gpt-4o' }
      const usage = { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 }
      if (!stream) {
        later(() => {
          const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }]
          response.setHeader('content-type', 'application/json')
          response.end(JSON.stringify({ ...common, object: 'chat.completion', choices, usage }))
        })
        return
      }
      response.setHeader('content-type', 'text/event-stream')
      const event = (delta: object, finish: string | null) => {
        const choices = [{ index: 0, delta, finish_reason: finish }]
        response.write(`data: ${JSON.stringify({ ...common, object: 'chat.completion.chunk', choices })}\n\n`)
      }
      event({ role: 'assistant', content: 'Hello' }, null)
      later(() => {
        event({ content: ' again' }, 'stop')
        response.end('data: [DONE]\n\n')
      })
    })
  }).listen(0, '127.0.0.1')
}

describe.skipIf(!existsSync(program))('a gateway with several workers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-workers-'))
  let upstream: Server
  let gateway: ChildProcess
  let port: number
  let log = ''
  let welcome = ''

  /** A call on a connection of its own, so that the workers take turns. */
  async function call(
    method: string,
    path: string,
    body?: unknown,
    key = master,
  ): Promise<{ status: number; json: Record<string, never>; text: string }> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    const request = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: new Agent() })
    request.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(request, 'response')
    const answer = await text(response)
    let json = {}
    try {
      json = JSON.parse(answer)
    } catch {}
    return { status: response.statusCode, json, text: answer }
  }
  const chat = (key?: string, pauseMs: number | string = 0, more: object = {}) =>
    call(
      'POST',
      '/v1/chat/completions',
      { model: 'gpt-4o', messages: [{ role: 'user', content: String(pauseMs) }], ...more },
      key,
    )
  const generate = async (body: object): Promise<string> => (await call('POST', '/key/generate', body)).json.key ?? ''
  const pidsOf = (pid: number | undefined) =>
    execFileSync('ps', ['--ppid', String(pid), '-o', 'pid='], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number)

  const start = async () => {
    gateway = spawn(
      process.execPath,
      [
        ...[program, '--config', join(folder, 'config.yaml'), '--data', join(folder, 'data'), '--host', '127.0.0.1'],
        ...['--port', String(port), '--num_workers', String(workers)],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } },
    )
    welcome = ''
    gateway.stdout?.on('data', (part) => {
      welcome += part
    })
    gateway.stderr?.on('data', (part) => {
      log += part
    })
    await vi.waitFor(() => expect(welcome).toContain('3 workers take calls.'), { timeout: 100_000 })
  }

  beforeAll(async () => {
    upstream = startUpstream()
    await once(upstream, 'listening')
    port = await freePort()
    const base = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/v1`
    const params = { model: 'openai/gpt-4o', api_base: base, api_key: 'sk-none' }
    const config = {
      model_list: [
        { model_name: 'gpt-4o', litellm_params: params },
        { model_name: 'bridged', litellm_params: { ...params, model: 'openai_like/gpt-4o' } },
      ],
      general_settings: { master_key: master, global_max_parallel_requests: 40 },
    }
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
    await start()
  }, 120_000)
  afterAll(() => {
    gateway.kill('SIGKILL')
    upstream.closeAllConnections()
    upstream.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('counts a limit of requests and one of calls in flight once for all', async () => {
    const limited = await generate({ rpm_limit: 7 })
    const found = await Promise.all(Array.from({ length: 20 }, () => chat(limited)))
    expect(found.filter(({ status }) => status === 200)).toHaveLength(7)
    expect(found.filter(({ status }) => status === 429)).toHaveLength(13)
    const narrow = await generate({ max_parallel_requests: 2 })
    const slow = await Promise.all(Array.from({ length: 9 }, () => chat(narrow, 300)))
    expect(slow.filter(({ status }) => status === 200)).toHaveLength(2)
  })

  it('has applied a change of a key in all workers when it answers', async () => {
    const key = await generate({})
    expect((await chat(key)).status).toBe(200)
    await call('POST', '/key/block', { key })
    const found = await Promise.all(Array.from({ length: 2 * workers }, () => chat(key)))
    expect(found.map(({ status }) => status)).toEqual(Array(2 * workers).fill(401))
  })

  it('adds up metrics and spend', async () => {
    const key = await generate({ key_alias: 'counted' })
    await Promise.all(Array.from({ length: 12 }, () => chat(key)))
    const { text: metrics } = await call('GET', '/metrics')
    const line = /litellm_input_tokens_metric_total\{[^}]*api_key_alias="counted"[^}]*\} (\d+)/.exec(metrics)
    expect(Number(line?.[1])).toBe(12 * 12)
    await vi.waitFor(async () => {
      const { json } = await call('GET', `/key/info?key=${key}`)
      expect((json.info as unknown as { spend: number }).spend).toBeCloseTo(12 * (12 * 2.5e-6 + 8 * 1e-5), 9)
    })
  })

  it('counts the calls of the gateway once for all', async () => {
    const found = await Promise.all(Array.from({ length: 50 }, () => chat(master, 1_500)))
    expect(found.filter(({ status }) => status === 200)).toHaveLength(40)
    expect((await chat()).status).toBe(200)
  })

  it('finds a stored response in all workers, for its owner', async () => {
    const { json } = await call('POST', '/v1/responses', { model: 'bridged', input: '0' })
    const { id } = json as unknown as { id: string }
    const next = { model: 'bridged', input: '0', previous_response_id: id }
    const each = (run: () => ReturnType<typeof call>) => Promise.all(Array.from({ length: 2 * workers }, run))
    const statuses = (answers: { status: number }[]) => new Set(answers.map(({ status }) => status))
    expect(statuses(await each(() => call('POST', '/v1/responses', next)))).toEqual(new Set([200]))
    const other = await generate({})
    expect(statuses(await each(() => call('GET', `/v1/responses/${id}`, undefined, other)))).toEqual(new Set([404]))
    expect(statuses(await each(() => call('GET', `/v1/responses/${id}`)))).toEqual(new Set([200]))
    expect((await call('DELETE', `/v1/responses/${id}`)).status).toBe(200)
    expect(statuses(await each(() => call('GET', `/v1/responses/${id}`)))).toEqual(new Set([404]))
  })

  it('reloads the configuration in all workers', async () => {
    const file = join(folder, 'config.yaml')
    const config = JSON.parse(readFileSync(file, 'utf8'))
    config.model_list.push({ ...config.model_list[0], model_name: 'second' })
    writeFileSync(file, JSON.stringify(config))
    gateway.kill('SIGHUP')
    await vi.waitFor(async () => {
      const found = await Promise.all(Array.from({ length: 2 * workers }, () => call('GET', '/v1/models')))
      expect(found.every(({ text }) => text.includes('second'))).toBe(true)
    })
  })

  it('replaces a worker that was killed, returns its leases and books its calls', async () => {
    const key = await generate({ max_parallel_requests: workers, key_alias: 'killed' })
    const before = pidsOf(gateway.pid)
    const open = Array.from({ length: workers }, () => chat(key, 60_000).catch(() => undefined))
    await vi.waitFor(() => expect(unanswered).toBe(workers), { timeout: 30_000 })
    expect((await chat(key)).status).toBe(429)
    for (const pid of before) process.kill(pid, 'SIGKILL')
    await Promise.all(open)
    await vi.waitFor(() => expect(pidsOf(gateway.pid).filter((pid) => !before.includes(pid))).toHaveLength(workers), {
      timeout: 100_000,
    })
    await vi.waitFor(async () => expect((await chat(key)).status).toBe(200), { timeout: 100_000 })
    expect(log).toContain('has ended (SIGKILL)')
    await vi.waitFor(
      async () => {
        const { json } = await call('GET', `/spend/logs?api_key=${key}`)
        const rows = json as unknown as { metadata: { cost_state: string } }[]
        expect(rows.filter(({ metadata }) => metadata.cost_state === 'unknown')).toHaveLength(workers)
      },
      { timeout: 30_000 },
    )
  }, 180_000)

  it('drains all workers on SIGTERM', async () => {
    const streams = Array.from({ length: 4 }, () => chat(master, 'later', { stream: true }))
    await vi.waitFor(() => expect(unanswered).toBe(4), { timeout: 30_000 })
    const ended = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    await vi.waitFor(async () => expect((await chat()).status).toBe(503), { timeout: 30_000 })
    release()
    for (const { text } of await Promise.all(streams)) {
      expect(text).toContain(' again')
      expect(text).toContain('[DONE]')
    }
    expect(await ended).toEqual([0, null])
    await start()
    const { json } = await call('GET', '/spend/logs?summarize=false')
    expect((json as unknown as unknown[]).length).toBeGreaterThanOrEqual(streams.length)
  }, 180_000)

  it('drains a worker that is about to start', async () => {
    const before = pidsOf(gateway.pid)
    process.kill(Number(before[0]), 'SIGKILL')
    await vi.waitFor(() => expect(pidsOf(gateway.pid).some((pid) => !before.includes(pid))).toBe(true), {
      timeout: 20_000,
      interval: 5,
    })
    const ended = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    await start()
  }, 180_000)

  it('leaves no worker behind if the owner is killed, and starts again with all rows', async () => {
    const key = await generate({})
    expect((await chat(key)).status).toBe(200)
    const open = Array.from({ length: workers }, () => chat(key, 60_000).catch(() => undefined))
    await vi.waitFor(() => expect(unanswered).toBe(workers), { timeout: 30_000 })
    const before = pidsOf(gateway.pid)
    gateway.kill('SIGKILL')
    await Promise.all(open)
    const alive = (pid: number) => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    }
    await vi.waitFor(() => expect(before.filter(alive)).toEqual([]), { timeout: 60_000 })
    await start()
    await vi.waitFor(
      async () => {
        const { json } = await call('GET', `/spend/logs?api_key=${key}`)
        expect(json).toHaveLength(1 + workers)
      },
      { timeout: 20_000 },
    )
  }, 180_000)

  it('ends with the reason if the port is in use', async () => {
    const taken = (upstream.address() as AddressInfo).port
    const other = spawn(
      process.execPath,
      [program, '--data', join(folder, 'other'), '--port', String(taken), '--num_workers', '2'],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } },
    )
    const [message, [code]] = await Promise.all([text(other.stderr), once(other, 'exit')])
    expect(code).toBe(1)
    expect(message).toContain(`Port ${taken} of 127.0.0.1 is in use. Set another one with --port.`)
  }, 180_000)
})
