import type { ResponseStore, StoredResponse } from './types.js'

const mostAnswers = 1000
const mostCharacters = 64 * 1024 * 1024

interface Entry extends StoredResponse {
  readonly owner: unknown
  readonly size: number
}

/**
 * Keeps the last answers in memory. An answer is visible to the caller that made it only: to requests whose `authorize()` returned the same
 * value.
 */
export function memoryResponseStore(): ResponseStore {
  /** In the order of their arrival. */
  const answers = new Map<string, Entry>()
  const items = new Map<string, { readonly owner: unknown; readonly answer: string; readonly item: object }>()
  let characters = 0

  function remove(id: string): boolean {
    const entry = answers.get(id)
    if (!entry) return false
    answers.delete(id)
    characters -= entry.size
    for (const item of itemsOf(entry)) if (items.get(item.id)?.answer === id) items.delete(item.id)
    return true
  }

  return {
    put(id, stored, owner) {
      remove(id)
      const size = JSON.stringify(stored).length
      if (size > mostCharacters) return
      answers.set(id, { ...stored, owner, size })
      characters += size
      for (const item of itemsOf(stored)) items.set(item.id, { owner, answer: id, item })
      for (const oldest of answers.keys()) {
        if (answers.size <= mostAnswers && characters <= mostCharacters) break
        remove(oldest)
      }
    },
    get(id, owner) {
      const entry = answers.get(id)
      return entry?.owner === owner ? entry : undefined
    },
    item(id, owner) {
      const entry = items.get(id)
      return entry?.owner === owner ? entry?.item : undefined
    },
    delete: (id, owner) => answers.get(id)?.owner === owner && remove(id),
  }
}

function itemsOf({ response }: StoredResponse): { readonly id: string }[] {
  const { output } = response
  if (!Array.isArray(output)) return []
  return output.filter((item: { id?: unknown } | null) => typeof item?.id === 'string' && item.id !== '')
}
