import { createClient } from '../../../src/index.js'
import { leftOut } from '../exclusions/exclusions-native.js'
import { knownMisses } from '../exclusions/known-misses.js'
import { nativeOf } from '../folders/native.js'
import { withoutEnvelope } from '../wire/invoke-claude.js'
import { type Group, groups, type Outcome } from '../wire/outcome.js'
import { type Recording, recordings } from '../wire/recording.js'
import { replayAnswer, replayStream, type Stage } from './chat.js'
import { replayModeration } from './moderation.js'
import { replayNative } from './native.js'
import { replayRerank } from './rerank.js'
import { replayResponses } from './responses.js'
import { replayEmbedding, replayError } from './rest.js'
import { startPlayer } from './server.js'

/** Calls under way at the same time. */
const concurrency = 16

/** The least part of a provider's recordings that must pass. */
const floor = 0.99

/** Replays the corpus through the public API, against a server that plays its recordings. */
export async function runCorpus(folder: string, providers?: readonly string[]): Promise<Outcome[]> {
  const player = await startPlayer()
  const client = createClient({ proxy: false })
  const queue = recordings(folder, providers)
  const outcomes: Outcome[] = []
  const worker = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const recording = next.value
      outcomes.push(...(await replay({ client, player }, recording).catch((error) => broken(recording, error))))
    }
  }
  try {
    await Promise.all(Array.from({ length: concurrency }, worker))
  } finally {
    await client.close()
    await player.close()
  }
  return outcomes.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

async function replay(stage: Stage, recorded: Recording): Promise<Outcome[]> {
  const recording = withoutEnvelope(recorded)
  const native = nativeOf(recording)
  if (native) return replayNative(stage, recording, native)
  if (leftOut(recording) !== undefined) return []
  switch (recording.operation) {
    case 'chat':
    case 'completion':
    case 'messages':
      return replayAnswer(stage, recording)
    case 'chat-stream':
    case 'completion-stream':
    case 'messages-stream':
      return replayStream(stage, recording)
    case 'moderation':
      return replayModeration(stage, recording)
    case 'responses':
    case 'responses-stream':
      return replayResponses(stage, recording)
    case 'embedding':
      return replayEmbedding(stage, recording)
    case 'rerank':
      return replayRerank(stage, recording)
    default:
      return replayError(stage, recording)
  }
}

/** An answer that is not even what its type says trips the checks themselves. */
const broken = ({ id, provider, operation }: Recording, error: unknown): Outcome[] => [
  { id, provider, group: operation === 'error' ? 'errors' : 'answers', wrong: [`the checks failed: ${String(error)}`] },
]

/** An outcome's name in the list of known misses. */
export const keyOf = ({ group, id }: Outcome): string => `${group}/${id}`

export interface Verdict {
  /** A table of passed and total by provider and group. */
  readonly table: string
  /** Every miss, known or not. */
  readonly misses: readonly string[]
  /** Why the run fails; empty where it does not. */
  readonly failures: readonly string[]
}

export function judge(outcomes: readonly Outcome[], known: Readonly<Record<string, string>> = knownMisses): Verdict {
  const failures: string[] = []
  const misses: string[] = []
  for (const outcome of outcomes) {
    const key = keyOf(outcome)
    const reason = Object.hasOwn(known, key) ? known[key] : undefined
    if (outcome.wrong.length > 0) {
      misses.push(`${key}${reason ? ` (known: ${reason})` : ''}\n    ${outcome.wrong.slice(0, 6).join('\n    ')}`)
      if (!reason) failures.push(`${key} is a new miss`)
    } else if (reason) failures.push(`${key} passes now: take it off the list of known misses`)
  }
  const seen = new Set(outcomes.map(keyOf))
  for (const key of Object.keys(known)) {
    if (!seen.has(key)) failures.push(`${key} is listed as a known miss, and there is no such recording`)
  }
  const rows: string[][] = []
  for (const provider of new Set(outcomes.map((outcome) => outcome.provider))) {
    const own = outcomes.filter((outcome) => outcome.provider === provider)
    const { passed, total } = tally(own)
    if (passed < total * floor) failures.push(`${provider}: ${passed} of ${total} is under ${floor * 100} %`)
    rows.push([provider, ...groups.map((group) => cell(own, group)), `${passed}/${total}`])
  }
  rows.push(['all', ...groups.map((group) => cell(outcomes, group)), `${tally(outcomes).passed}/${outcomes.length}`])
  return { table: layOut([['provider', ...groups, 'all'], ...rows]), misses, failures }
}

const tally = (outcomes: readonly Outcome[]) => ({
  passed: outcomes.filter(({ wrong }) => wrong.length === 0).length,
  total: outcomes.length,
})

function cell(outcomes: readonly Outcome[], group: Group): string {
  const { passed, total } = tally(outcomes.filter((outcome) => outcome.group === group))
  return total === 0 ? '-' : `${passed}/${total}`
}

function layOut(rows: readonly string[][]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((text, at) => Math.max(most[at] ?? 0, text.length)), [])
  return rows
    .map((row) =>
      row
        .map((text, at) => text.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
