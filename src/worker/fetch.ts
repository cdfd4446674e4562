import type * as Server from '../server/index.js'
import { part } from './parts.js'

export const { fetchOf } = part<typeof Server>('server')
