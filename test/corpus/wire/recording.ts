import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hosts } from '../folders/hosts.js'
import { nativeFolders } from '../folders/native-folders.js'
import { withResponses } from '../folders/responses-folders.js'
import { type Fields, isObject } from './json.js'

/** One exchange of the corpus, as its README describes it. */
export interface Recording {
  readonly id: string
  readonly provider: string
  readonly operation: string
  readonly for_operation?: string
  readonly model?: string | null
  readonly request: {
    readonly url?: string
    readonly body: unknown
    readonly headers?: Readonly<Record<string, string>>
  }
  readonly response: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
    readonly stream?: string
    readonly stream_state?: string
    readonly stream_encoding?: string
    readonly chunk_bytes?: readonly number[]
  }
  readonly fidelity: string
}

/** The folder of recordings, or undefined where the environment names none. */
export const corpusFolder = (): string | undefined => process.env.LLMUX_CORPUS || undefined

export const howToConfigure =
  'corpus not configured: set LLMUX_CORPUS to the folder of recorded traffic (the one that holds index.tsv)'

/** Which folders of the corpus are replayed, by provider. */
export const replayed: Readonly<Record<string, readonly string[]>> = withResponses({
  openai: ['chat', 'chat-stream', 'completion', 'completion-stream', 'embedding', 'error'],
  'chatgpt-backend': ['error'],
  anthropic: ['messages', 'messages-stream', 'error'],
  ...nativeFolders,
  ...Object.fromEntries(Object.entries(hosts).map(([folder, { operations }]) => [folder, operations])),
})

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
  const { stream, stream_encoding: encoding, body } = response
  if (stream !== undefined) return Buffer.from(stream, encoding === 'base64' ? 'base64' : 'utf8')
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? null), 'utf8')
}
