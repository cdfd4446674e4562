import { withoutPrefix } from './api-choice.js'
import type { Provider } from './contract.js'
import { type ResponsesQuirks, responses } from './dialects/responses/index.js'

/** A host with its chat over the Responses API: everything else stays the host's. */
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
    modelName: withoutPrefix,
    quirks,
    ...(ownQuirks && { ownQuirks }),
  })
}
