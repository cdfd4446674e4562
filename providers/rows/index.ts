import { asia } from './asia.js'
import { clouds } from './clouds.js'
import { gateways } from './gateways.js'
import { hosted } from './hosted.js'
import { local } from './local.js'
import { makers } from './makers.js'
import { small } from './small.js'

/**
 * Every host that is built in. Their answers are recorded, or their pages say that they follow OpenAI; where neither could be
 * found, the row stands under a comment `unverified`.
 */
export const table = [...makers, ...hosted, ...small, ...clouds, ...gateways, ...asia, ...local] as const
