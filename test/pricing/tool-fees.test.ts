import { describe, expect, it } from 'vitest'
import { costPerToken, ModelRegistry } from '../../pricing/index.js'
import { usageOf } from '../../providers/dialects/responses/usage.js'

const at = '2026-11-22T12:00:00Z'
const tokens = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
const tools = (model: string, server_tool_use: Record<string, number>) =>
  costPerToken({ model, usage: { ...tokens, server_tool_use }, at }).tools

describe('a search of Google Maps', () => {
  it.each([
    ['gemini/gemini-2.5-flash', 1, 0.025],
    ['gemini/gemini-2.5-flash', 3, 0.025],
    ['gemini/gemini-3-pro-preview', 3, 0.042],
    ['vertex_ai/gemini-2.5-pro', 1, 0.025],
  ])('%s, %i times, costs the fee of its generation', (model, maps_requests, fee) => {
    expect(tools(model, { maps_requests })).toBeCloseTo(fee, 10)
  })

  it('is billed beside searches of the web', () => {
    expect(tools('gemini/gemini-3-pro-preview', { maps_requests: 1, web_search_requests: 2 })).toBeCloseTo(0.042, 10)
  })
})

describe('a container of the code interpreter', () => {
  it.each([
    ['openai/gpt-5', 1, 0.03],
    ['openai/gpt-5', 4, 0.12],
    ['openai/gpt-5', 64, 1.92],
    ['azure/gpt-5', 1, 0.03],
  ])('%s with %i GB costs by its memory', (model, container_gigabytes, fee) => {
    expect(tools(model, { container_gigabytes })).toBeCloseTo(fee, 10)
  })

  it('has the price that a client registered', () => {
    const registry = new ModelRegistry()
    registry.register('my/model', { input: 1, output: 1, perContainerGigabyte: 0.5 })
    const usage = { ...tokens, server_tool_use: { container_gigabytes: 4 } }
    expect(costPerToken({ model: 'my/model', usage, at }, registry).tools).toBe(2)
  })

  it('does not price a model that has no price for tokens', () => {
    const registry = new ModelRegistry()
    registry.register('my/model', { perContainerGigabyte: 0.5 })
    expect(costPerToken({ model: 'my/model', usage: tokens, at }, registry)).toMatchObject({ total: undefined })
  })

  const call = (container_id: string) => ({ type: 'code_interpreter_call', id: `ci_${container_id}`, container_id })
  const response = (container: unknown, output: unknown[], more: object = {}) =>
    usageOf({
      usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
      tools: [{ type: 'web_search' }, { type: 'code_interpreter', container }],
      output,
      ...more,
    })?.server_tool_use

  it('counts once in a response, by its memory', () => {
    expect(response({ type: 'auto' }, [call('a'), call('a')])).toEqual({ container_gigabytes: 1 })
    expect(response({ type: 'auto', memory_limit: '16g' }, [call('a')])).toEqual({ container_gigabytes: 16 })
    expect(response({ type: 'auto', memory_limit: null }, [call('a'), call('b')])).toEqual({ container_gigabytes: 2 })
  })

  it('does not count if the response did not start it', () => {
    expect(response('cntr_1', [call('cntr_1')])).toBeUndefined()
    expect(response({ type: 'auto' }, [call('a')], { previous_response_id: 'resp_0' })).toBeUndefined()
    expect(response({ type: 'auto' }, [])).toBeUndefined()
  })
})
