import { isFields } from '../fields.js'

/** State that `encode` passes to the decoder of the same call. */
export interface EncodeState {
  /** The caller's tool names by the name sent. */
  readonly names?: Readonly<Record<string, string>>
  /** The tool that emulates `response_format`. */
  readonly json?: JSONTool
}

export interface JSONTool {
  readonly name: string
  /** True if the schema's root is not an object, so the answer is in a field `response`. */
  readonly wrapped: boolean
}

/** Returns undefined if there is nothing to pass on. */
export function encodeStateOf(names: EncodeState['names'], json: JSONTool | undefined): EncodeState | undefined {
  return names || json ? { ...(names && { names }), ...(json && { json }) } : undefined
}

/** The caller's name of a tool, for the name that the model uses. */
export function originalName(state: EncodeState | undefined, name: string): string {
  const names = state?.names
  return (names && Object.hasOwn(names, name) ? names[name] : undefined) ?? name
}

/** The answer in the call of the answer tool, as JSON text. */
export function answerText(input: unknown, { wrapped }: JSONTool): string {
  const answer = wrapped && isFields(input) && 'response' in input ? input.response : input
  return JSON.stringify(answer ?? {})
}
