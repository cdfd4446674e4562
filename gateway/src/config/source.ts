import { withIds } from '../models/catalog.js'
import { type Environment, type GatewayConfig, loadConfig, parseConfig } from './config.js'

/** Path of a config.yaml, or its content as an object. */
export type ConfigSource = string | Readonly<Record<string, unknown>>

/** Serves all providers that have a key in the environment. */
const anyModel = { model_list: [{ model_name: '*', litellm_params: { model: '*' } }] }

/**
 * Reads a configuration.
 * @param source without it, one wildcard deployment for all providers that have a key in the environment
 * @throws {ConfigError} with file, line and path of every problem
 */
export function readSource(source: ConfigSource | undefined, environment: Environment): GatewayConfig {
  const found =
    typeof source === 'string'
      ? loadConfig(source, environment)
      : parseConfig(JSON.stringify(source ?? anyModel), environment)
  return { ...found, models: withIds(found.models) }
}
