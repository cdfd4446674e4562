import type { ErrorFacts, ErrorKind, Failure } from '../../contract.js'
import { kindOfStatus, plainMessage } from '../../shared/status.js'
import { isFields, textIn } from './wire.js'

/** Errors are a sentence and a status; the sentence is more specific. https://docs.ollama.com/api/errors */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/model ['"].*['"] not found/i, 'not_found'],
  [
    /(?:input|prompt).{0,40}(?:exceeds|too long).{0,40}context|context (?:length|window|size) exceeded/i,
    'context_window_exceeded',
  ],
  [/usage limit/i, 'quota_exceeded'],
  [/server busy|maximum pending requests/i, 'overloaded'],
  [/does not support|is not supported|invalid (?:format|image|JSON schema|think)|required for/i, 'bad_request'],
  // retrying doesn't help, but another host might
  [/requires more (?:system )?memory|failed to allocate memory|unable to load full model/i, 'service_unavailable'],
]

/** Reads an error of Ollama, `{ error: text }`, or of a proxy in front of it. Never throws. */
export function errorFacts({ status, body, text }: Failure): ErrorFacts {
  const outer = isFields(body) ? body : {}
  // the OpenAI-compatible paths of the same server send `{ error: { message } }`
  const error = isFields(outer.error) ? outer.error : outer
  const message = textIn(outer, 'error') ?? textIn(error, 'message') ?? plainMessage({ status, text })
  const kind = kindOf(status, message)
  return { kind, message, hint: hintOf(kind, message, textIn(outer, 'signin_url')) }
}

function kindOf(status: number, message: string): ErrorKind {
  const found = byText.find(([pattern]) => pattern.test(message))
  return found ? found[1] : kindOfStatus(status)
}

function hintOf(kind: ErrorKind, message: string, signIn: string | undefined): string | undefined {
  const missing = /model ['"](.*?)['"] not found/i.exec(message)?.[1]
  if (missing !== undefined) return `Download it first: ollama pull ${missing}`
  // the server's answer for an unknown path
  if (/^404 page not found/.test(message)) {
    return 'Is this an Ollama server, and does apiBase name the server only, without /v1 or /api?'
  }
  if (/does not support thinking/.test(message)) return 'Leave out reasoning_effort, thinking and think.'
  if (/does not support tools/.test(message))
    return 'Choose a model that calls tools: https://ollama.com/search?c=tools'
  if (kind === 'authentication') {
    return `Sign the server in with 'ollama signin'${signIn ? ` (${signIn})` : ''}, or pass apiKey for ollama.com.`
  }
  return undefined
}
