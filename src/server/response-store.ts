import type { ResponseStore, StoredResponse } from './types.js'

/** Options of {@link memoryResponseStore}. */
export interface MemoryResponseStoreOptions {
  /**
   * Owner of answers, from the result of `authorize()`. An answer is visible to its owner only.
   * @default the result itself: only requests with the same object or text see an answer
   */
  owner?: (context: unknown) => unknown
  /** Maximum number of answers. @default 1_000 */
  maxResponses?: number
  /** Maximum size of all answers with their input, in bytes (approximate). @default 67_108_864 (64 MiB) */
  maxBytes?: number
}

interface Entry {
  readonly stored: StoredResponse
  readonly owner: unknown
  readonly bytes: number
}

/**
 * Keeps answers in the memory of this process. Answers that have not been used for the longest time are removed first. Several processes
 * need a store that they share.
 * @example
 * const store = memoryResponseStore({ owner: (context) => context.teamId, maxBytes: 256 * 1024 * 1024 })
 * const handler = createHandler(client, { store })
 */
export function memoryResponseStore(options: MemoryResponseStoreOptions = {}): ResponseStore {
  const { owner: ownerOf = (context) => context, maxResponses = 1_000, maxBytes = 64 * 1024 * 1024 } = options
  /** In the order of their last use. */
  const entries = new Map<string, Entry>()
  const items = new Map<string, { readonly item: object; readonly of: string }>()
  let bytes = 0

  function remove(id: string): boolean {
    const entry = entries.get(id)
    if (!entry) return false
    entries.delete(id)
    bytes -= entry.bytes
    for (const item of itemsOf(entry.stored)) if (items.get(item.id)?.of === id) items.delete(item.id)
    return true
  }

  /** The entry, if it is this owner's, as the last one used. */
  function use(id: string, context: unknown): Entry | undefined {
    const entry = entries.get(id)
    if (entry?.owner !== ownerOf(context)) return undefined
    if (entry) {
      entries.delete(id)
      entries.set(id, entry)
    }
    return entry
  }

  return {
    put(id, stored, context) {
      const owner = ownerOf(context)
      // the ids of some hosts are not unique
      if (entries.has(id) && entries.get(id)?.owner !== owner) return
      remove(id)
      const size = sizeOf(stored)
      if (size > maxBytes) return
      entries.set(id, { stored, owner, bytes: size })
      bytes += size
      for (const item of itemsOf(stored)) items.set(item.id, { item, of: id })
      for (const oldest of entries.keys()) {
        if (entries.size <= maxResponses && bytes <= maxBytes) break
        remove(oldest)
      }
    },
    get: (id, context) => use(id, context)?.stored,
    item(id, context) {
      const found = items.get(id)
      return found && use(found.of, context) ? found.item : undefined
    },
    isForeign(id, context) {
      const entry = entries.get(id) ?? entries.get(items.get(id)?.of ?? '')
      return entry !== undefined && entry.owner !== ownerOf(context)
    },
    delete: (id, context) => use(id, context) !== undefined && remove(id),
  }
}

function itemsOf({ response: { output } }: StoredResponse): { readonly id: string }[] {
  return Array.isArray(output)
    ? output.filter((item: { id?: unknown } | null) => typeof item?.id === 'string' && item.id !== '')
    : []
}

/** Approximate bytes of a JSON value in memory. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length
  if (typeof value !== 'object' || value === null) return 8
  let size = 16
  for (const inner of Object.values(value)) size += 16 + sizeOf(inner)
  return size
}
