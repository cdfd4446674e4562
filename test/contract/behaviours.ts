import type { Behaviour } from './behaviour.js'
import { chats } from './chats.js'
import { failures } from './failures.js'
import { streams } from './streams.js'
import { vectors } from './vectors.js'

/** What holds with every provider, but for what `skips.ts` names. */
export const behaviours: readonly Behaviour[] = [...chats, ...streams, ...failures, ...vectors]
