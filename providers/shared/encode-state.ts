import { isFields } from '../fields.js'

/** State that `encode` passes to the decoder of the same call. */
export interface EncodeState {
  /** The caller's tool names by the name sent. */
  readonly names?: Readonly<Record<string, string>>
  /** The caller's property names by the names sent, for tools with renamed properties, by the name of the tool that was sent. */
  readonly properties?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The tool that emulates `response_format`. */
  readonly json?: JSONTool
}

export interface JSONTool {
  readonly name: string
  /** True if the schema's root is not an object, so the answer is in a field `response`. */
  readonly wrapped: boolean
}

/** Returns undefined if there is nothing to pass on. */
export function encodeStateOf(
  names: EncodeState['names'],
  json: JSONTool | undefined,
  properties?: EncodeState['properties'],
): EncodeState | undefined {
  if (!names && !json && !properties) return undefined
  return { ...(names && { names }), ...(json && { json }), ...(properties && { properties }) }
}

/** The caller's property names of a tool by the names sent; undefined if none of them was renamed. */
export function renamedProperties(
  state: EncodeState | undefined,
  wireName: string,
): Readonly<Record<string, string>> | undefined {
  const properties = state?.properties
  return properties && Object.hasOwn(properties, wireName) ? properties[wireName] : undefined
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
