import type { Dispatcher } from 'undici'
import { createClient } from '../../src/index.js'

/** A dispatcher that keeps the body of each request, and answers with an error that is not retried. */
function recorder() {
  const bodies: string[] = []
  const controller = { paused: false, aborted: false, reason: null, pause() {}, resume() {}, abort() {} }
  const dispatcher = {
    dispatch({ body }: { body: string }, handler: Required<Dispatcher.DispatchHandler>) {
      bodies.push(String(body))
      queueMicrotask(() => {
        handler.onRequestStart(controller as never, {})
        handler.onResponseStart(controller as never, 400, { 'content-type': 'application/json' }, '')
        handler.onResponseData(controller as never, Buffer.from('{}'))
        handler.onResponseEnd(controller as never, {})
      })
      return true
    },
    close: async () => {},
    destroy: async () => {},
  } as unknown as Dispatcher
  return { bodies, dispatcher }
}

const messages = [{ role: 'user' as const, content: 'Hi' }]

/** Sends requests through one client, and returns their bodies. */
export function sender(model: string) {
  const { bodies, dispatcher } = recorder()
  const keys = { apiKey: 'k', region: 'us-east-1' }
  const client = createClient({ dispatcher, maxRetries: 0, dropParams: true })
  const options = model.startsWith('bedrock/') ? keys : { apiKey: 'k' }
  return async (request: object): Promise<string> => {
    const before = bodies.length
    await client.completion({ model, messages, ...options, ...request } as never).catch((error) => {
      if (bodies.length === before) throw error
    })
    return bodies.at(-1) ?? ''
  }
}
