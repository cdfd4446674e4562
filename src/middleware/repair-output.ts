import { joinedMeta, withMeta } from '../call/meta.js'
import { BadRequestError, got, JSONSchemaValidationError } from '../errors.js'
import type { ChatCompletion, Usage } from '../types/chat.js'
import type { Message } from '../types/messages.js'
import type { CallMeta } from '../types/meta.js'
import type { Middleware } from '../types/middleware.js'

/** Options of {@link repairOutput}. */
export interface RepairOutputOptions {
  /** Repair turns before the call fails. @default 1 */
  turns?: number | undefined
  /** Writes the request for a repair. @default lists the issues and asks for the whole answer again */
  instruction?: ((issues: JSONSchemaValidationError['issues']) => string) | undefined
}

/**
 * Asks the model once more if its answer does not fit the schema in `response_format`: with its answer and the issues. `meta` of the
 * repaired answer has the cost and the usage of all turns. Streams are not repaired.
 * @throws {JSONSchemaValidationError} from the call, if the repaired answer does not fit either
 * @example
 * client.use(repairOutput())
 * const answer = await client.completion({ model, messages, response_format: z.object({ city: z.string() }) })
 */
export function repairOutput({ turns = 1, instruction = defaultInstruction }: RepairOutputOptions = {}): Middleware {
  if (!Number.isInteger(turns) || turns < 1) {
    throw new BadRequestError(`'turns' must be an integer of 1 or more; ${got(turns)}.`, { param: 'turns' })
  }
  return {
    async onError(call) {
      if (call.operation !== 'chat' || call.stream) return
      let failed: unknown = call.error
      let { messages } = call.request
      const metas: CallMeta[] = []
      for (let turn = 0; turn < turns; turn++) {
        if (!(failed instanceof JSONSchemaValidationError) || !failed.completion) break
        const { completion, issues } = failed
        metas.push(completion.meta)
        const content = completion.choices[0]?.message.content ?? ''
        const repair: Message[] = [
          { role: 'assistant', content },
          { role: 'user', content: instruction(issues) },
        ]
        messages = [...messages, ...repair]
        try {
          const answer = (await call.send({ ...call.request, messages })) as ChatCompletion
          metas.push(answer.meta)
          return withMeta(
            { ...answer },
            joinedMeta(metas, () => sum(metas)),
          )
        } catch (error) {
          failed = error
        }
      }
      throw failed
    },
  }
}

const defaultInstruction = (issues: JSONSchemaValidationError['issues']): string =>
  [
    'Your answer does not fit the required JSON schema:',
    ...issues.map(({ path, message }) => `- ${path === '' ? 'the answer' : path}: ${message}`),
    'Answer again with the complete, corrected JSON and nothing else.',
  ].join('\n')

function sum(metas: readonly CallMeta[]): Usage | undefined {
  let total: Usage | undefined
  for (const { usage } of metas) {
    if (!usage || !('completion_tokens' in usage)) return undefined
    total = {
      ...usage,
      prompt_tokens: usage.prompt_tokens + (total?.prompt_tokens ?? 0),
      completion_tokens: usage.completion_tokens + (total?.completion_tokens ?? 0),
      total_tokens: usage.total_tokens + (total?.total_tokens ?? 0),
    }
  }
  return total
}
