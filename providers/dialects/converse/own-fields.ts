import type { ChatParams } from '../../../src/types/chat.js'
import { otherParams, usualParams } from '../../shared/params.js'
import { refused } from './params.js'
import { type Fields, isFields } from './wire.js'

/** Fields of Converse's own, by the name under which a caller gives them. */
const named: Readonly<Record<string, string>> = {
  guardrail_config: 'guardrailConfig',
  performance_config: 'performanceConfig',
  prompt_variables: 'promptVariables',
  additional_model_response_field_paths: 'additionalModelResponseFieldPaths',
}

/** Names that the encoder reads itself. */
const read: ReadonlySet<string> = new Set([
  ...Object.keys(refused),
  ...Object.keys(named),
  ...usualParams,
  ...['betas', 'inference_config', 'tool_config', 'output_config', 'request_metadata'],
  'additional_model_request_fields',
])

/** What a caller gave under Converse's own names, translated in casing only. */
export function converseFields(params: ChatParams): Fields {
  const given = params as unknown as Fields
  const fields: Fields = {}
  for (const [name, wire] of Object.entries(named)) if (given[name] !== undefined) fields[wire] = given[name]
  return fields
}

/** An object that the caller gave under one of the names above. */
export function givenFields(params: ChatParams, name: string): Fields {
  const value = (params as unknown as Fields)[name]
  return isFields(value) ? value : {}
}

/** Whatever else is in a request is the model's own, and goes where Converse takes such fields. */
export function modelFields(params: ChatParams): Fields {
  return { ...otherParams(params, read), ...givenFields(params, 'additional_model_request_fields') }
}
