import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway.js'

export const master = 'sk-test-0f9e8d7c6b5a4321'

/** A gateway in a folder of its own. */
export async function startGateway(
  options: GatewayOptions,
): Promise<Gateway & { readonly folder: string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'llmux-gateway-'))
  const gateway = await createGateway({ data: folder, masterKey: master, environment: {}, ...options })
  return Object.assign(Object.create(gateway) as Gateway, {
    folder,
    stop: async () => {
      await gateway.close()
      rmSync(folder, { recursive: true, force: true })
    },
  })
}

/** Sends JSON and reads JSON. */
export function caller(gateway: Pick<Gateway, 'fetch'>) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    { key = master, headers = {} }: { key?: string | undefined; headers?: Record<string, string> } = {},
  ) => {
    const response = await gateway.fetch(
      new Request(`http://gateway.test${path}`, {
        method,
        headers: { ...(key && { authorization: `Bearer ${key}` }), 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    )
    const text = await response.text()
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {}
    // biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes
    return { status: response.status, headers: response.headers, text, json: json as any }
  }
}

export const hello = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user', content: 'Hello' }],
  ...more,
})
