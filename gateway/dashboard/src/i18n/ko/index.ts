import type { MessageKey } from '../en/index.ts'
import { common } from './common.ts'
import { keys } from './keys.ts'
import { logs } from './logs.ts'
import { models } from './models.ts'
import { overview } from './overview.ts'
import { server } from './server.ts'
import { settings } from './settings.ts'
import { subjects } from './subjects.ts'

/** All texts in Korean. A missing one does not compile. */
export const messages: Readonly<Record<MessageKey, string>> = {
  ...common,
  ...overview,
  ...keys,
  ...subjects,
  ...logs,
  ...models,
  ...settings,
  ...server,
}
