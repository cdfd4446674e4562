import type { Dialect, Operation, Provider } from '../contract.js'
import { errorFacts } from './errors.js'
import { speech } from './speech.js'
import { transcription } from './transcription.js'

/** ElevenLabs' API. https://elevenlabs.io/docs/api-reference/introduction */
export const elevenlabs: Dialect = Object.freeze({ framing: 'sse', speech, transcription, error: errorFacts })

/** ElevenLabs: speech and transcription. */
export const provider: Provider = Object.freeze({
  id: 'elevenlabs',
  name: 'ElevenLabs',
  dialect: elevenlabs,
  address: Object.freeze({
    base: 'https://api.elevenlabs.io',
    env: Object.freeze(['ELEVENLABS_API_BASE']),
    ownHosts: Object.freeze(/^https:\/\/api(?:\.\w+)*\.elevenlabs\.io$/),
    path: (operation: Operation) => (operation === 'transcription' ? '/v1/speech-to-text' : '/v1/text-to-speech'),
  }),
  auth: Object.freeze({
    schemes: Object.freeze([
      Object.freeze({
        option: 'apiKey',
        env: Object.freeze(['ELEVENLABS_API_KEY', 'ELEVEN_API_KEY']),
        header: 'xi-api-key',
      } as const),
    ]),
    required: true,
    url: 'https://elevenlabs.io/app/settings/api-keys',
  }),
  quirks: Object.freeze({}),
} satisfies Provider)
