import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Simulator, startSimulator } from '../../simulator/index.js'
import { type ChatCompletion, type Client, type ClientOptions, createClient } from '../../src/index.js'

/** A simulator for a file of tests, and clients of it that are closed after each test. */
export function simulated() {
  let simulator: Simulator | undefined
  const clients: Client[] = []
  beforeAll(async () => {
    simulator = await startSimulator()
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) void client.close()
    simulator?.reset()
  })
  afterAll(async () => simulator?.close())
  const sim = () => {
    if (!simulator) throw new Error('the simulator has not been started')
    return simulator
  }
  return {
    sim,
    /** A client whose `openai/` and `anthropic/` go to the simulator. */
    client(options: ClientOptions = {}): Client {
      const client = createClient({
        proxy: false,
        ...options,
        providers: {
          openai: { apiKey: 'sk-canary-openai', apiBase: sim().openaiBase },
          anthropic: { apiKey: 'sk-ant-canary', apiBase: sim().anthropicBase },
          ...options.providers,
        },
      })
      clients.push(client)
      return client
    },
  }
}

export const user = (content: string) => [{ role: 'user' as const, content }]

/** The same behaviour, over both wires. */
export const models = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5'] as const

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('it should have been rejected')
}

/** What an answer says, to be put into the history. */
export function messageOf(answer: ChatCompletion): ChatCompletion['choices'][number]['message'] {
  const [choice] = answer.choices
  if (!choice) throw new Error('the answer has no choice')
  return choice.message
}
