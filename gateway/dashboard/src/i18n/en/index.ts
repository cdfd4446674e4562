import { common } from './common.ts'
import { keys } from './keys.ts'
import { logs } from './logs.ts'
import { models } from './models.ts'
import { overview } from './overview.ts'
import { server } from './server.ts'
import { settings } from './settings.ts'
import { subjects } from './subjects.ts'

/** All texts in English, the language of which the others are translations. */
export const messages = {
  ...common,
  ...overview,
  ...keys,
  ...subjects,
  ...logs,
  ...models,
  ...settings,
  ...server,
} as const

export type MessageKey = keyof typeof messages
