import type { Callback } from 'llmux'
import type { Log } from './log.js'

/** Integrations by their names in `litellm_settings.callbacks`. They read their keys from the environment. */
const integrations: Readonly<Record<string, (content: boolean) => Promise<Callback>>> = {
  langfuse: async () => (await import('llmux/langfuse')).langfuse(),
  helicone: async () => (await import('llmux/helicone')).helicone(),
  lunary: async () => (await import('llmux/lunary')).lunary(),
  otel: async (content) => (await import('llmux/otel')).openTelemetry({ captureContent: content }),
}

/** Loads integrations. One without its keys is left out with a warning: calls matter more than their logs. */
export async function loadCallbacks(names: readonly string[], redact: boolean, log: Log): Promise<Callback[]> {
  const loaded: Callback[] = []
  for (const name of names) {
    const load = integrations[name]
    if (!load) continue
    try {
      loaded.push(await load(!redact))
    } catch (error) {
      log.warn(`The callback '${name}' is not used. ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return loaded
}
