import { pathToFileURL } from 'node:url'
import type { Callback, CallbackSet } from 'llmux'
import type { Log } from './log.js'

/** Integrations by their names in `litellm_settings.callbacks`. They read their keys from the environment. */
const integrations: Readonly<Record<string, (captureContent: boolean) => Promise<CallbackSet>>> = {
  langfuse: async (captureContent) => (await import('llmux/langfuse')).langfuse({ captureContent }),
  helicone: async (captureContent) => (await import('llmux/helicone')).helicone({ captureContent }),
  lunary: async (captureContent) => (await import('llmux/lunary')).lunary({ captureContent }),
}

/** Loads integrations. One without its keys is left out with a warning: calls matter more than their logs. */
export async function loadCallbacks(names: readonly string[], redact: boolean, log: Log): Promise<Callback[]> {
  const loaded: Callback[] = []
  for (const name of names) {
    const load = integrations[name] ?? (name.startsWith('/') || /^[A-Za-z]:/.test(name) ? moduleAt(name) : undefined)
    if (!load) continue
    try {
      loaded.push(await load(!redact))
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
