import { describe, expect, it } from 'vitest'
import { ollama } from '../../../providers/dialects/ollama/index.js'

// The shape of recorded errors, `{ error: text }`; texts of the server: server/routes.go, server/sched.go, llm/server.go of ollama/ollama
const facts = (status: number, error: string, more: object = {}) =>
  ollama.error({ status, body: { error, ...more }, text: JSON.stringify({ error, ...more }) })

describe('an error', () => {
  it.each([
    [404, "model 'llama3.2' not found", 'not_found', 'ollama pull llama3.2'],
    [404, 'model "llama3.2" not found, try pulling it first', 'not_found', 'ollama pull llama3.2'],
    [404, '404 page not found', 'not_found', '/v1'],
    [400, '"llama3" does not support thinking', 'bad_request', 'reasoning_effort'],
    [400, 'registry.ollama.ai/library/gemma:2b does not support tools', 'bad_request', 'tools'],
    [400, 'think value "low" is not supported for this model', 'bad_request', undefined],
    [400, 'the input length exceeds the context length', 'context_window_exceeded', undefined],
    [401, 'unauthorized', 'authentication', 'ollama signin'],
    [403, 'remote inference is disabled', 'permission_denied', undefined],
    [429, 'too many concurrent requests', 'rate_limit', undefined],
    [429, "you've reached your weekly usage limit, please upgrade to continue", 'quota_exceeded', undefined],
    [500, 'model requires more system memory (9.0 GiB) than is available (3.1 GiB)', 'service_unavailable', undefined],
    [500, 'llama runner process has terminated: exit status 2', 'internal_server', undefined],
    [503, 'server busy, please try again.  maximum pending requests exceeded', 'overloaded', undefined],
    [200, 'an error was encountered while running the model', 'internal_server', undefined],
    [418, 'teapot', 'bad_request', undefined],
  ])('%i "%s" is %s', (status, message, kind, hint) => {
    const found = facts(status, message)
    expect(found).toMatchObject({ kind, message })
    if (hint === undefined) expect(found.hint).toBeUndefined()
    else expect(found.hint).toContain(hint)
  })

  it('has a hint with the sign-in page', () => {
    expect(facts(401, 'unauthorized', { signin_url: 'https://ollama.com/connect?x' }).hint).toContain(
      'https://ollama.com/connect?x',
    )
  })

  it.each([
    [404, undefined, '404 page not found', 'not_found', '404 page not found'],
    [502, undefined, '<html>', 'service_unavailable', '<html>'],
    [500, null, '', 'internal_server', 'HTTP status 500, without a body'],
    [400, { error: { message: 'invalid image input' } }, '{}', 'bad_request', 'invalid image input'],
    [400, { error: 5 }, '{"error":5}', 'bad_request', '{"error":5}'],
    [400, [], '[]', 'bad_request', '[]'],
  ])('of any shape is one: %i %j', (status, body, text, kind, message) => {
    expect(ollama.error({ status, body, text })).toMatchObject({ kind, message })
  })
})
