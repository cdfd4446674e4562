import { type Fields, object } from '../wire/json.js'
import type { Recording } from '../wire/recording.js'

/** The prefix, model and settings by which llmux reaches the recorded address; `apiBase` where it is no address of its own. */
export function reach({ provider, model, request }: Recording): { model: string; options: Fields } {
  const url = request.url ?? ''
  const named = String(object(request.body).model ?? model ?? 'some-model').replace(/^models\//, '')
  const inPath = /\/models\/([^/:]+)/.exec(url)?.[1] ?? /\/model\/([^/]+)\//.exec(url)?.[1]
  const called = inPath === undefined ? named : decodeURIComponent(inPath)
  switch (provider) {
    case 'google-ai-studio':
      return { model: `gemini/${called}`, options: {} }
    case 'vertex': {
      const [, project, location] = /\/projects\/([^/]+)\/locations\/([^/]+)/.exec(url) ?? []
      return { model: `vertex_ai/${called}`, options: { ...(project && { project }), ...(location && { location }) } }
    }
    case 'bedrock':
      if (url.endsWith('/v1/messages')) return { model: `anthropic/${named}`, options: {} }
      return {
        model: `bedrock/${called}`,
        options: { region: /bedrock-runtime\.([^.]+)\./.exec(url)?.[1] ?? 'us-east-1' },
      }
    case 'ollama': {
      const apiBase = /^(https?:\/\/[^/]+)/.exec(url)?.[1]
      const prefix = url.endsWith('/v1/messages') ? 'anthropic' : 'ollama'
      return { model: `${prefix}/${named}`, options: { ...(apiBase && { apiBase }) } }
    }
    default:
      return { model: `${provider}/${named}`, options: {} }
  }
}

/** Where llmux calls a newer version of the same operation, or asks for the newer framing. */
const versions: readonly (readonly [recorded: RegExp, called: string])[] = [
  [/\?.*$/, ''],
  [/(aiplatform\.googleapis\.com)\/v1beta1\//, '$1/v1/'],
  [/:embedContent$/, ':batchEmbedContents'],
  [/\/api\/embeddings$/, '/api/embed'],
  [/(cohere)\.(?:com|ai)\/v1\//, '$1.com/v2/'],
  [/%40/g, '@'],
  [/%3A/gi, ':'],
]

/** What differs between the address that was called and the recorded one. */
export function misplaced(recorded: string | undefined, called: string | undefined): string | undefined {
  const plain = (url: string) =>
    versions.reduce((out, [from, to]) => out.replace(from, to), url.replace(/^https?:/, ''))
  if (!recorded || !called || plain(recorded) === plain(called)) return undefined
  return `address: got ${called}, recorded ${recorded}`
}
