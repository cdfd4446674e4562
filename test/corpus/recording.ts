import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Fields, isObject } from './json.js'

/** One exchange of the corpus, as its README describes it. */
export interface Recording {
  readonly id: string
  readonly provider: string
  readonly operation: string
  readonly for_operation?: string
  readonly model?: string | null
  readonly request: {
    readonly body: unknown
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly response: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly stream?: string
    readonly stream_state?: string
    readonly chunk_bytes?: readonly number[]
  }
  readonly fidelity: string
}

/** The folder of recordings, or undefined where the environment names none. */
export const corpusFolder = (): string | undefined => process.env.LLMUX_CORPUS || undefined

export const howToConfigure =
  'corpus not configured: set LLMUX_CORPUS to the folder of recorded traffic (the one that holds index.tsv)'

/** Which folders of the corpus are replayed, by provider. */
export const replayed: Readonly<Record<string, readonly string[]>> = {
  openai: ['chat', 'chat-stream', 'embedding', 'error'],
  azure: ['chat', 'chat-stream', 'embedding', 'error'],
  anthropic: ['messages', 'messages-stream', 'error'],
  openrouter: ['chat', 'chat-stream', 'embedding', 'error'],
  groq: ['chat', 'chat-stream', 'error'],
  deepseek: ['chat', 'chat-stream', 'error'],
  xai: ['chat', 'chat-stream', 'error'],
  vllm: ['chat', 'chat-stream'],
  llamacpp: ['chat', 'chat-stream', 'embedding', 'error'],
  tgi: ['chat', 'chat-stream'],
}

/** Reads the recordings one at a time: the whole corpus need not be in memory. */
export function* recordings(
  folder: string,
  providers: readonly string[] = Object.keys(replayed),
): Generator<Recording> {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`LLMUX_CORPUS is ${folder}, and there is no such folder`)
  }
  for (const provider of providers) {
    for (const operation of replayed[provider] ?? []) {
      const place = join(folder, provider, operation)
      for (const file of readdirSync(place).sort()) {
        if (file.endsWith('.json')) yield JSON.parse(readFileSync(join(place, file), 'utf8')) as Recording
      }
    }
  }
}

export const isStream = ({ operation }: Recording): boolean => operation.endsWith('-stream')

/** The recorded request body, where there is one. */
export const requestBody = ({ request }: Recording): Fields | undefined =>
  isObject(request?.body) ? request.body : undefined

/** The response as it stood on the wire. */
export function wire({ response }: Recording): Buffer {
  const { stream, body } = response
  if (stream !== undefined) return Buffer.from(stream, 'utf8')
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? null), 'utf8')
}
