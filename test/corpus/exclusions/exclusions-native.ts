import { nativeOf } from '../folders/native.js'
import { nativeFolders } from '../folders/native-folders.js'
import { withoutEnvelope } from '../wire/invoke-claude.js'
import { type Recording, recordings } from '../wire/recording.js'

/** Recordings in replayed folders that are left out, by provider and address, and why. */
const reasons: readonly (readonly [provider: string, address: RegExp, reason: string])[] = [
  [
    'bedrock',
    /\/invoke(?:-with-response-stream)?$/,
    "chat by InvokeModel, in each model's own words: replayed by clouds.test.ts, for the models that bedrock/invoke/ has a body for",
  ],
  ['cohere', /\/v1\/chat$/, 'version 1 of the chat, which Cohere calls legacy: llmux speaks version 2'],
]

/** Why a recording is not replayed; undefined where it is. */
export function leftOut(recording: Recording): string | undefined {
  const { provider, request } = recording
  if (!Object.hasOwn(nativeFolders, provider) || nativeOf(withoutEnvelope(recording))) return undefined
  return reasons.find(([of, address]) => of === provider && address.test(request.url ?? ''))?.[2]
}

/** What is left out of the folders with dialects of their own, as lines of text. */
export function leftOutLines(folder: string): string[] {
  const counts = new Map<string, number>()
  for (const recording of recordings(folder, Object.keys(nativeFolders))) {
    const reason = leftOut(recording)
    if (reason === undefined) continue
    const line = `${recording.provider}/${recording.operation}: ${reason}`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  }
  return [...counts].map(([line, count]) => `${line} (${count})`)
}
