export type { Gateway, GatewayOptions } from './gateway.js'
