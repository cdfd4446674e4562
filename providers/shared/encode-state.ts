import { isFields } from '../fields.js'

/** What the decoder of the same call must know. */
export interface EncodeState {
  /** Tool names as sent, to the caller's. */
  readonly names?: Readonly<Record<string, string>>
  /** The tool that stands for `response_format`. */
  readonly json?: JSONTool
}

export interface JSONTool {
  readonly name: string
  /** True where the schema's root is not an object, so that the answer stands in a field `response`. */
  readonly wrapped: boolean
}

/** Undefined where there is nothing to know. */
export function encodeStateOf(names: EncodeState['names'], json: JSONTool | undefined): EncodeState | undefined {
  return names || json ? { ...(names && { names }), ...(json && { json }) } : undefined
}

/** The answer in the call that stands for `response_format`, as JSON text. */
export function answerText(input: unknown, { wrapped }: JSONTool): string {
  const answer = wrapped && isFields(input) && 'response' in input ? input.response : input
  return JSON.stringify(answer ?? {})
}
