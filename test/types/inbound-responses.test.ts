import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { responsesWire } from '../../providers/inbound/responses/index.js'
import type { ChatCompletionChunk, Delta } from '../../src/types/chat.js'
import type { ResponsesEvent, ResponsesParams } from '../../src/types/responses.js'

/** The events and the answer of a bridged model, as literals in a file that is checked against the types of `openai`. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const context = { model: 'm', created: 1, id: 'abc' }
const params = {
  model: 'm',
  input: 'Hi',
  tools: [
    { type: 'function', name: 'read', parameters: { type: 'object' }, strict: null },
    { type: 'custom', name: 'patch' },
    { type: 'namespace', name: 'agents', description: 'Agents', tools: [{ type: 'function', name: 'spawn' }] },
  ],
} as ResponsesParams

const call = (index: number, name: string, args: string) => ({
  tool_calls: [{ index, id: `c${index}`, type: 'function' as const, function: { name, arguments: args } }],
})
const deltas: Delta[] = [
  { reasoning_content: 'I think.' },
  { thinking_blocks: [{ type: 'thinking', thinking: 'I think.', signature: 'c2ln' }] },
  { content: 'Hello' },
  {
    annotations: [
      { type: 'url_citation', url_citation: { url: 'https://a', title: 'A', start_index: 0, end_index: 5 } },
    ],
  },
  { refusal: 'No.' },
  { images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
  call(0, 'read', '{"a":1}'),
  call(1, 'patch', '{"input":"x"}'),
  call(2, 'agents__spawn', ''),
]

function events(): ResponsesEvent[] {
  const encoder = responsesWire.streamEncoder(params, context)
  const out: ResponsesEvent[] = []
  const head = { id: 'c', object: 'chat.completion.chunk' as const, created: 1, model: 'm' }
  const logprobs = { content: [{ token: 'Hello', bytes: null, logprob: -1, top_logprobs: [] }], refusal: null }
  const chunks: ChatCompletionChunk[] = deltas.map((delta) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: null, ...(delta.content && { logprobs }) }],
  }))
  chunks.push({ ...head, choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] })
  chunks.push({ ...head, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } })
  for (const chunk of chunks) encoder.push(chunk, out)
  encoder.end(out)
  return out
}

/** Fields that the package adds, that not every account gets, or that the API sends as null against its types. */
const loose = "'output_text' | 'access_programs' | 'user' | 'usage'"

/** The API itself sends fields that the types lack, such as the `status` of a call. */
const unknownField = 'error TS2353'

it.each(['openai', 'openai-newest'])(
  'the events of a bridged model have the types of %s',
  { timeout: 300_000 },
  (name) => {
    const installed = join(root, 'node_modules', name)
    if (!existsSync(installed)) return
    const made = events()
    const types = new Set(made.map(({ type }) => type))
    expect(types.size).toBeGreaterThan(18)
    const last = made.at(-1)
    const folder = mkdtempSync(join(tmpdir(), 'llmux-types-'))
    try {
      // a response in an event has the package's own fields too
      const code = `import type OpenAI from 'openai'
type Event = OpenAI.Responses.ResponseStreamEvent
type Sent<E> = E extends { response: unknown } ? Omit<E, 'response'> & { response: Response } : E
type Response = Omit<OpenAI.Responses.Response, ${loose}> & { usage: OpenAI.Responses.ResponseUsage | null }
${made.map((event, at) => `export const event${at}: Sent<Extract<Event, { type: '${event.type}' }>> = ${JSON.stringify(event)}`).join('\n')}
export const response: Response = ${JSON.stringify(last && 'response' in last ? last.response : undefined)}
`
      writeFileSync(join(folder, 'events.mts'), code)
      const config = {
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          typeRoots: [join(root, 'node_modules', '@types')],
          paths: { openai: [join(installed, 'index.d.mts')], 'openai/*': [join(installed, '*')] },
          noEmit: true,
        },
        include: [join(folder, 'events.mts')],
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
      const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
      const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: root, encoding: 'utf8' })
      const errors = stdout.split('\n').filter((line) => line.includes('events.mts') && !line.includes(unknownField))
      expect(errors).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)
