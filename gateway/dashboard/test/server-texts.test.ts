import { describe, expect, it } from 'vitest'
import { ApiError } from '../src/api/client.ts'
import { messages as english } from '../src/i18n/en/index.ts'
import type { Language, MessageKey, Translate } from '../src/i18n/i18n.tsx'
import { messages as korean } from '../src/i18n/ko/index.ts'
import { fill, type Values } from '../src/i18n/message.ts'
import { actionText, outcomeText, sentenceOf } from '../src/i18n/server.ts'

const translate = (language: Language, messages: Readonly<Record<MessageKey, string>>): Translate =>
  Object.assign((key: MessageKey, values?: Values) => fill(messages[key], values ?? {}, language), { language })
const en = translate('en', english)
const ko = translate('ko', korean)
const error = (message: string, status: number, type?: string) => new ApiError(message, status, undefined, type)

describe('words of the gateway', () => {
  it('leaves the message of an error in English as it is', () => {
    expect(sentenceOf(error("'rpm_limit' must be an integer; got 1.5.", 400), en)).toBe(
      "'rpm_limit' must be an integer; got 1.5.",
    )
  })

  it.each([
    ["'rpm_limit' must be an integer; got 1.5.", 400, 'invalid_request_error', 'error.type.integer'],
    ["The budget 'x' does not exist.", 404, 'not_found_error', 'error.type.missing'],
    ["A user with the id 'ada' exists.", 409, 'conflict_error', 'error.type.conflict'],
    ['The budget is used up.', 422, 'budget_exceeded', 'error.type.budget'],
    ['No.', 403, undefined, 'error.type.auth'],
    ['A pity.', 400, undefined, 'error.type.invalid'],
    ['A pity.', 500, undefined, 'error.type.internal'],
  ] as const)('puts a sentence in front of it in Korean: %s', (message, status, type, key) => {
    expect(sentenceOf(error(message, status, type), ko)).toBe(`${korean[key]}\n${message}`)
  })

  it('names outcomes and actions, and keeps unknown ones', () => {
    expect(outcomeText('rate_limit', ko)).toBe(korean['outcome.rate_limit'])
    expect(outcomeText('a_new_one', ko)).toBe('a new one')
    expect(actionText('team member added', en)).toBe('team member added')
    expect(actionText('key blocked', ko)).toBe('키 차단')
    expect(actionText('something happened', ko)).toBe('something happened')
  })
})
