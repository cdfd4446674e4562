import { badRequest } from '../refusal.js'
import type { AdmissionCall, Principal } from '../types.js'

const longestName = 256

/** A text that every database stores: without NUL, and cut. */
export function storable(text: string, longest: number): string {
  const cut = text.length > longest ? text.slice(0, longest) : text
  return cut.includes('\0') ? cut.replaceAll('\0', '�') : cut
}

const mostTags = 50

const asObject = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined

const asName = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? storable(value, longestName) : undefined

/** The end user that a request names: by header, by `user`, or by `metadata.user_id` as Anthropic's clients do. */
export function customerOf({ headers, params }: AdmissionCall): string | null {
  const metadata = asObject(params.metadata) ?? asObject(params.litellm_metadata)
  return (
    asName(headers['x-litellm-customer-id']) ??
    asName(headers['x-litellm-end-user-id']) ??
    asName(params.user) ??
    asName(metadata?.user_id) ??
    asName(params.safety_identifier) ??
    null
  )
}

/** Tags of the header, the body, the key and the team. */
export function tagsOf(
  { headers, params }: Pick<AdmissionCall, 'headers' | 'params'>,
  { key, team }: Principal,
): string[] {
  const found = new Set<string>()
  const add = (value: unknown) => {
    if (!Array.isArray(value)) return
    for (const entry of value) {
      const tag = asName(typeof entry === 'string' ? entry.trim() : entry)
      if (tag && found.size < mostTags) found.add(tag)
    }
  }
  // those of a call must not push them out
  add(key?.metadata.tags)
  add(team?.metadata.tags)
  for (const tags of clientTags({ headers, params })) add(tags)
  return [...found]
}

/** The lists of tags that a request has. */
function clientTags({ headers, params }: Pick<AdmissionCall, 'headers' | 'params'>): unknown[] {
  const header = headers['x-litellm-tags']?.split(',')
  return [header, params.tags, asObject(params.metadata)?.tags, asObject(params.litellm_metadata)?.tags]
}

/** @throws a refusal with status 400 for a request with tags */
export function refuseTags(call: Pick<AdmissionCall, 'headers' | 'params'>): void {
  if (clientTags(call).some((tags) => tags !== undefined && tags !== null))
    throw badRequest("Tags are those of the key and its team: leave out 'tags' and 'metadata.tags'.", 'tags')
}

const longestMetadata = 4_096

/** Metadata of a request for the ledger, within a bound. */
export function metadataOf(
  { headers, params }: AdmissionCall,
  { metadata: ofKey }: Principal,
): Record<string, unknown> {
  const noted = ofKey.spend_logs_metadata ?? headers['x-litellm-spend-logs-metadata']
  if (noted === undefined && params.metadata === undefined && params.litellm_metadata === undefined) return {}
  const found: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(asObject(params.metadata) ?? asObject(params.litellm_metadata) ?? {})) {
    if (name !== 'tags') found[name] = value
  }
  const notes = {
    ...asObject(ofKey.spend_logs_metadata),
    ...asObject(found.spend_logs_metadata),
    ...asObject(parse(headers['x-litellm-spend-logs-metadata'])),
  }
  if (Object.keys(notes).length > 0) found.spend_logs_metadata = notes
  return (JSON.stringify(found) ?? '').length > longestMetadata ? { truncated: true } : found
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A text that begins like base64, and no language without spaces. */
const isEncoded = (text: string) => text.startsWith('data:') || /^[\w+/=-]*$/.test(text.slice(0, 1_000))

/** Input tokens of a request by the number of its bytes; files and images count as 1,000 tokens each. */
export function roughTokens({ params }: AdmissionCall): number {
  const { messages, input, prompt, contents, system, instructions, tools, query, documents } = params
  let bytes = 0
  let files = 0
  const walk = (value: unknown, depth: number): void => {
    if (typeof value === 'string') {
      if (value.length > 1_000 && isEncoded(value)) files++
      else bytes += Buffer.byteLength(value)
    } else if (depth > 0 && Array.isArray(value)) for (const entry of value) walk(entry, depth - 1)
    else if (depth > 0 && typeof value === 'object' && value !== null) {
      for (const entry of Object.values(value)) walk(entry, depth - 1)
    }
  }
  for (const part of [messages, input, prompt, contents, system, instructions, tools, query, documents]) walk(part, 12)
  return Math.ceil(bytes / 4) + 1_000 * files + 4
}

/** Largest number of output tokens that a request allows. */
export function outputBound({ params }: AdmissionCall): number | undefined {
  const generation = asObject(params.generationConfig)
  for (const value of [
    params.max_completion_tokens,
    params.max_tokens,
    params.max_output_tokens,
    generation?.maxOutputTokens,
  ]) {
    if (typeof value === 'number' && value > 0) return value
  }
  return undefined
}

/** Answers that a request asks for, each with its own output. */
export function choicesOf({ params }: AdmissionCall): number {
  const { n, best_of: best } = params
  const counts = [n, best, asObject(params.generationConfig)?.candidateCount]
  return Math.max(1, ...counts.map((count) => (typeof count === 'number' && count <= mostChoices ? count : 1)))
}

const mostChoices = 1_000

/** Order of a call that waits for its limits: that of the key, or a later one that the request asks for. Lower numbers go first. */
export function priorityOf({ params }: AdmissionCall, { metadata }: Principal): number {
  const own = asFinite(metadata.priority) ?? 0
  return Math.max(own, asFinite(params.priority) ?? own)
}

/** Milliseconds that a call waits for its limits: `limit_wait` seconds of the key's metadata, or those of the gateway. */
export function waitOf({ metadata }: Principal, standard = 0): number {
  const seconds = asFinite(metadata.limit_wait)
  return seconds === undefined ? standard : Math.max(0, seconds * 1_000)
}

const asFinite = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
