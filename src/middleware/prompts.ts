import { BadRequestError, got, shortened } from '../errors.js'
import { closestName } from '../suggest.js'
import type { Message } from '../types/messages.js'
import type { Middleware } from '../types/middleware.js'

/** A prompt with variables in double braces, and the parameters that belong to it. */
export interface PromptTemplate {
  /** Messages in front of those of the request. `{{name}}` stands for a variable. */
  messages: readonly Message[]
  /** Default parameters, such as `model` or `temperature`. Those of the request take precedence. */
  defaults?: Readonly<Record<string, unknown>> | undefined
}

/** Fields of a request that uses a template. */
export interface TemplateUse {
  /** Name of the template. */
  prompt_id: string
  /** Values of its variables. */
  prompt_variables: Readonly<Record<string, string | number>>
  /** Further messages. */
  messages: Message[]
}

/**
 * Makes the fields of a request that uses a template, for a spread.
 * @example
 * await client.completion({ model: 'openai/gpt-4o-mini', ...fromTemplate('translate', { language: 'French' }) })
 */
export const fromTemplate = (
  name: string,
  variables: Readonly<Record<string, string | number>> = {},
  messages: readonly Message[] = [],
): TemplateUse => ({ prompt_id: name, prompt_variables: variables, messages: [...messages] })

/**
 * Replaces `prompt_id` and `prompt_variables` of chat requests by the messages of a template. Requests without them pass unchanged. Values
 * are inserted as they are: braces in them have no meaning.
 * @throws {BadRequestError} from the call, if the template is unknown or a variable is missing
 * @example
 * client.use(promptTemplates({ translate: { messages: [{ role: 'system', content: 'Translate to {{language}}.' }] } }))
 */
export function promptTemplates(templates: Readonly<Record<string, PromptTemplate>>): Middleware {
  for (const [name, template] of Object.entries(templates)) {
    if (!Array.isArray(template?.messages)) {
      throw new BadRequestError(
        `'${shortened(name)}.messages' must be an array of messages; ${got(template?.messages)}.`,
      )
    }
  }
  return {
    onRequest(call) {
      if (call.operation !== 'chat' && call.operation !== 'countTokens') return
      const {
        prompt_id: id,
        prompt_variables: given,
        ...rest
      } = call.request as typeof call.request & Partial<TemplateUse>
      if (id === undefined) return
      const template = Object.hasOwn(templates, id) ? templates[id] : undefined
      if (!template) {
        const near = closestName(String(id), Object.keys(templates))
        throw new BadRequestError(
          `Unknown template '${shortened(String(id))}' in 'prompt_id'. ${near ? `Did you mean '${near}'?` : `Known templates: ${Object.keys(templates).join(', ')}.`}`,
          { param: 'prompt_id' },
        )
      }
      const variables = given ?? {}
      const messages = filled(template.messages, variables, id) as Message[]
      call.request = {
        ...template.defaults,
        ...rest,
        messages: [...messages, ...(rest.messages ?? [])],
      } as typeof call.request
    },
  }
}

/** A copy of a part of a template with values in place of variables. */
function filled(part: unknown, variables: Readonly<Record<string, unknown>>, id: string): unknown {
  if (typeof part === 'string') {
    return part.replace(/\{\{\s*([\w.-]+)\s*\}\}/g, (_, name: string) => {
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined
      if (typeof value !== 'string' && typeof value !== 'number') {
        throw new BadRequestError(
          `'prompt_variables.${shortened(name)}' of the template '${shortened(id)}' must be a string or a number; ${got(value)}.`,
          { param: 'prompt_variables' },
        )
      }
      return String(value)
    })
  }
  if (Array.isArray(part)) return part.map((one) => filled(one, variables, id))
  if (typeof part !== 'object' || part === null) return part
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, filled(one, variables, id)]))
}
