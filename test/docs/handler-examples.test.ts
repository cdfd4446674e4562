import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './blocks.js'
import { handlers } from './served.js'

const messages = [{ role: 'user', content: 'Say hello.' }]
const claude = 'anthropic/claude-sonnet-4-6'

describe.each(handlers)('examples/%s', (file) => {
  let child: ChildProcess
  let base = ''

  beforeAll(async () => {
    const { PATH = '' } = process.env
    child = spawn(process.execPath, [join('examples', file)], { cwd: root, env: { PATH, PORT: '0' } })
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      base = line
      break
    }
  })
  afterAll(async () => {
    const exit = once(child, 'exit')
    child.kill()
    await exit
  })

  const ask = async (path: string, body: object, key = 'secret') => {
    const response = await fetch(`${base}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    })
    return { status: response.status, text: await response.text() }
  }

  it('answers the clients of three APIs', async () => {
    const chat = await ask('/v1/chat/completions', { model: claude, messages })
    expect(JSON.parse(chat.text)).toMatchObject({ choices: [{ message: { content: 'You said: Say hello.' } }] })
    const request = { model: 'openai/gpt-4o-mini', max_tokens: 50, messages, stream: true }
    expect((await ask('/v1/messages', request)).text).toContain('event: message_stop')
    const contents = [{ role: 'user', parts: [{ text: 'Say hello.' }] }]
    const gemini = await ask(`/v1beta/models/${claude}:generateContent`, { contents })
    expect(gemini.text).toContain('You said: Say hello.')
  })

  it('refuses wrong keys and unknown paths', async () => {
    if (file === 'handler-http.mjs') {
      expect((await ask('/v1/chat/completions', { model: claude, messages }, 'wrong')).status).toBe(401)
    }
    expect((await ask('/v1/unknown', {})).status).toBe(404)
  })
})
