export { ConfigError, type ConfigLine, type ConfigProblem } from './config/checker.js'
export { createGateway, type Gateway, type GatewayOptions, type ListenOptions } from './gateway.js'
export type { Log } from './log.js'
export type { MasterKey } from './master-key.js'
