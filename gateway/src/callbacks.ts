import { pathToFileURL } from 'node:url'
import type { Callback, CallbackSet, FailureEvent, SuccessEvent } from 'llmux'
import { metadataOf } from './limits/call-facts.js'
import type { Log } from './log.js'
import type { AdmissionCall, Admitted, Principal } from './types.js'

/** Integrations by their names in `litellm_settings.callbacks`. They read their keys from the environment. */
const integrations: Readonly<Record<string, (captureContent: boolean) => Promise<CallbackSet>>> = {
  langfuse: async (captureContent) => (await import('llmux/langfuse')).langfuse({ captureContent }),
  helicone: async (captureContent) => (await import('llmux/helicone')).helicone({ captureContent }),
  lunary: async (captureContent) => (await import('llmux/lunary')).lunary({ captureContent }),
}

/** Calls whose events wait for their delivery. */
const mostNoted = 10_000

/**
 * Facts of a call for integrations, beside its request: metadata that providers don't get, and the owners of the call. LiteLLM's
 * names.
 */
export class CallNotes {
  readonly #known = new Map<string, { readonly metadata: Readonly<Record<string, unknown>>; left: number }>()
  #sets = 0

  /** Whether any callback reads the notes. */
  get wanted(): boolean {
    return this.#sets > 0
  }

  /** @param id the trace id of the call's events */
  add(id: string, metadata: Readonly<Record<string, unknown>>): void {
    if (this.#sets === 0) return
    if (this.#known.size >= mostNoted) this.#known.delete(this.#known.keys().next().value ?? '')
    this.#known.set(id, { metadata, left: this.#sets })
  }

  /** A callback whose last events have the notes of their calls. */
  noted(callback: Callback): CallbackSet {
    this.#sets++
    const set: CallbackSet = typeof callback === 'function' ? { onSuccess: callback } : callback
    const bound: Record<string, unknown> = {}
    for (const name of passed) {
      const value: unknown = set[name]
      if (value !== undefined) bound[name] = typeof value === 'function' ? value.bind(set) : value
    }
    return {
      ...bound,
      onSuccess: (event) => set.onSuccess?.(this.#with(event)),
      onFailure: (event) => set.onFailure?.(this.#with(event)),
    }
  }

  #with<Event extends SuccessEvent | FailureEvent>(event: Event): Event {
    const known = this.#known.get(event.traceId)
    if (!known) return event
    known.left--
    if (known.left === 0) this.#known.delete(event.traceId)
    return { ...event, metadata: { ...known.metadata, ...event.metadata } }
  }
}

/** Metadata of a call and its owners, by LiteLLM's names. */
export function notesOf(call: AdmissionCall, principal: Principal, { customerId }: Admitted): Record<string, unknown> {
  const owners = {
    user_api_key_alias: principal.keyAlias,
    user_api_key_team_id: principal.teamId,
    user_api_key_user_id: principal.userId,
    user_api_key_org_id: principal.organizationId,
    user_api_key_end_user_id: customerId,
  }
  const known = Object.entries(owners).filter(([, value]) => value !== null)
  return { ...metadataOf(call, principal), ...Object.fromEntries(known), litellm_call_id: call.id }
}

const passed = [
  ...(['name', 'content', 'capture', 'attemptHeaders', 'onStart', 'onRetry', 'onFallback', 'onFirstToken'] as const),
  ...(['onChunk', 'onCacheHit', 'flush', 'close', 'metrics', 'follow', 'stats'] as const),
]

/** Loads integrations. One without its keys is left out with a warning: calls matter more than their logs. */
export async function loadCallbacks(
  names: readonly string[],
  redact: boolean,
  notes: CallNotes,
  log: Log,
): Promise<Callback[]> {
  const loaded: Callback[] = []
  for (const name of names) {
    const load = integrations[name] ?? (name.startsWith('/') || /^[A-Za-z]:/.test(name) ? moduleAt(name) : undefined)
    if (!load) continue
    try {
      loaded.push(notes.noted(await load(!redact)))
    } catch (error) {
      log.warn(`The callback '${name}' is not used. ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return loaded
}

/** A module whose default export is a callback, or a function for every success. */
const moduleAt = (file: string) => async (content: boolean) => {
  const { default: given } = (await import(pathToFileURL(file).href)) as { default?: unknown }
  if (typeof given === 'function') return content ? (given as Callback) : { content: false, onSuccess: given as never }
  if (typeof given !== 'object' || given === null)
    throw new TypeError(
      `The default export of ${file} must be a function or an object with handlers such as onSuccess.`,
    )
  return content ? (given as Callback) : { ...(given as CallbackSet), content: false }
}
