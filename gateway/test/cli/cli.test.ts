import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { check } from '../../src/cli/check.js'
import { parseFlags } from '../../src/cli/flags.js'
import { serve } from '../../src/cli/serve.js'
import { weakness } from '../../src/config/master-key.js'

const folder = mkdtempSync(join(tmpdir(), 'llmux-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('flags', () => {
  it('accept both spellings, short forms and values after an equals sign', () => {
    expect(parseFlags(['-c', 'a.yaml', '--port=5000', '--api-base', 'http://x', '--drop_params']).flags).toEqual({
      config: 'a.yaml',
      port: '5000',
      api_base: 'http://x',
      drop_params: true,
    })
  })

  it('of LiteLLM without an effect are named, with their values', () => {
    const { flags, notes, problems } = parseFlags([
      '--telemetry',
      'False',
      '--run_gunicorn',
      '--detailed_debug',
      '--port',
      '1',
    ])
    expect(problems).toEqual([])
    expect(notes).toHaveLength(2)
    expect(flags).toEqual({ debug: true, port: '1' })
  })

  it('of LiteLLM that would be missed name the alternative', () => {
    const { problems, rest } = parseFlags(['--ssl_keyfile_path', 'key.pem', '--skip_server_startup'])
    expect(problems[0]).toContain('TLS')
    expect(problems[1]).toContain('migrate')
    expect(rest).toEqual([])
  })

  it('that are unknown name the nearest one', () => {
    expect(parseFlags(['--prot', '1']).problems[0]).toContain('--port')
    expect(parseFlags(['srve']).problems[0]).toContain("'srve'")
  })

  it('begin with a command', () => {
    expect(parseFlags(['check', 'b.yaml'])).toMatchObject({ command: 'check', rest: ['b.yaml'] })
  })
})

describe('check', () => {
  const run = (text: string) => {
    const file = join(folder, 'config.yaml')
    writeFileSync(file, text)
    const lines: string[] = []
    return { code: check(file, (line) => lines.push(line)), text: lines.join('\n') }
  }

  it('prints the treatment of every line', () => {
    const { code, text } = run(
      'model_list:\n  - model_name: a\n    litellm_params: {model: openai/gpt-4o, api_key: os.environ/NO_SUCH_VARIABLE}\ngeneral_settings:\n  master_key: sk-1234\n  proxy_batch_write_at: 5\n',
    )
    expect(code).toBe(0)
    expect(text).toMatch(/Dangerous: 1\n.*config\.yaml:5: general_settings\.master_key/)
    expect(text).toMatch(/Not set: 1\n.*config\.yaml:3: .*NO_SUCH_VARIABLE/)
    expect(text).toMatch(/Ignored: 1\n.*config\.yaml:6: general_settings\.proxy_batch_write_at/)
    expect(text).toContain('starts with this file: 1 deployment.')
    expect(text).not.toContain('sk-1234')
  })

  it('prints all problems before the other lines, and fails', () => {
    const { code, text } = run(
      'router_settings:\n  num_retries: many\n  routing_strategy: lest-busy\n  retry_after: 1\n',
    )
    expect(text).toMatch(/Ignored: 1\n.*:4: router_settings\.retry_after/)
    expect(code).toBe(1)
    expect(text).toMatch(/Problems: 2\n.*:2: .*\n.*:3: .*least-busy/)
  })
})

describe('serve', () => {
  it('names the flag that avoids a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const flags = { port: String(port), host: '127.0.0.1', data: join(folder, 'data'), model: 'openai/gpt-4o' }
    await expect(serve(flags, () => {})).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is in use. Set another one with --port.`,
    )
    other.close()
  })

  // mkdir in /proc fails with ENOENT although the folder above exists
  it.runIf(existsSync('/proc/self')).each(['1', '2'])(
    'names the flag of a folder that can not be made, with %s workers',
    async (workers) => {
      const flags = { port: '0', host: '127.0.0.1', data: '/proc/nope', model: 'openai/gpt-4o', num_workers: workers }
      await expect(serve(flags, () => {})).rejects.toThrow(
        "The data folder '/proc/nope' must be a folder that can be written: ENOENT. Set another one with --data or LLMUX_DATA.",
      )
    },
  )
})

describe('a master key', () => {
  it.each(['sk-1234', 'sk-master-key-1234', 'sk-change-me-please-now', 'sk-short', 'sk-aaaaaaaaaaaaaaaaaaaa'])(
    '%s is weak',
    (key) => {
      expect(weakness(key)).toBeDefined()
    },
  )

  it('of random characters is not', () => {
    expect(weakness('sk-Q7dk2Lx0wPz9aVb4')).toBeUndefined()
  })
})
