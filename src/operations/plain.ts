import type { Decoded, OperationDialect } from '../../providers/contract.js'
import type { OperationSpec } from '../call/operation.js'
import { type PlainOperation, plainPaths } from '../types/operation.js'
import type { AnyUsage } from '../types/usage.js'

type Spec<Params extends object, Answer extends object> = OperationSpec<
  OperationDialect<Params, Answer>,
  Decoded<Answer>
>

/** The differences of an operation from {@link plainOperation}. */
export type PlainSpec<Params extends object, Answer extends object> = Pick<
  Spec<Params, Answer>,
  'params' | 'check' | 'unsupported'
> &
  Partial<Omit<Spec<Params, Answer>, 'name' | 'api' | 'method' | 'part'>> & {
    readonly name: PlainOperation
    /** Loads the translator for hosts that have the operation in OpenAI's form. */
    openai(): Promise<OperationDialect<Params, Answer>>
  }

/** An operation with one request and one answer. Its translator is OpenAI's, or the part of the same name in a dialect. */
export function plainOperation<Params extends object, Answer extends object>({
  openai,
  ...spec
}: PlainSpec<Params, Answer>): Spec<Params, Answer> {
  const { name } = spec
  let loaded: OperationDialect<Params, Answer> | undefined
  const load = async () => {
    loaded = await openai()
    return loaded
  }
  return {
    path: `/v1${plainPaths[name]}`,
    api: name,
    method: name,
    part(dialect) {
      // the contract knows the name of a part, and this operation its types
      const own = dialect[name] as OperationDialect<Params, Answer> | undefined
      const { operations = [] } = dialect
      return own ?? (operations === 'all' || operations.includes(name) ? (loaded ?? load()) : undefined)
    },
    encode: (part, params, context) => part.encode(params as Params, context),
    decode: (part, body, context) => part.decode(body, context),
    settle(call, answer) {
      const { usage, model } = answer as { readonly usage?: AnyUsage; readonly model?: string }
      call.settle(usage, { answeredModel: model })
    },
    ...spec,
  }
}
