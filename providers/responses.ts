import type { Provider } from './contract.js'
import { type ResponsesQuirks, responses } from './dialects/responses/index.js'
import { plainName } from './responses-only.js'

/** A host whose chat goes over its Responses API: everything else is as the host has it. */
export function overResponses(
  host: Provider,
  quirks: ResponsesQuirks,
  ownQuirks?: ResponsesQuirks,
): Provider<ResponsesQuirks> {
  const { route: _, address, quirks: __, ownQuirks: ___, ...same } = host
  return Object.freeze({
    ...same,
    dialect: responses,
    address: Object.freeze({
      ...address,
      path: (operation, ...rest) => address.path(operation === 'chat' ? 'responses' : operation, ...rest),
    } satisfies Provider['address']),
    modelName: plainName,
    quirks,
    ...(ownQuirks && { ownQuirks }),
  })
}
