/** Files of undici 7, which has no list of exports. */

declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici'
  export default Agent
}

declare module 'undici/lib/core/util.js' {
  import { util } from 'undici'

  const core: typeof util
  export default core
}
