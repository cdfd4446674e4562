import type { Behaviour } from './behaviour.js'
import { chats } from './chats.js'
import { derived } from './derived.js'
import { failures } from './failures.js'
import { media } from './media.js'
import { streams } from './streams.js'
import { vectors } from './vectors.js'

/** All behaviours, except those listed in `skips.ts`. */
export const behaviours: readonly Behaviour[] = [...chats, ...streams, ...failures, ...vectors, ...derived, ...media]
