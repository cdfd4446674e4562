import { readFileSync } from 'node:fs'
import type { FunctionTool, Message } from '../../src/index.js'

/** Requests must not be modified: every request of the suite is deeply frozen. */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) frozen(part)
  return value
}

export const hello: readonly Message[] = frozen([{ role: 'user', content: 'Hello there' }])

export const withSystem: readonly Message[] = frozen([
  { role: 'system', content: 'Answer like a pirate.' },
  { role: 'user', content: 'Hello there' },
])

export const turns: readonly Message[] = frozen([
  { role: 'user', content: 'My name is Ada.' },
  { role: 'assistant', content: 'Nice to meet you, Ada.' },
  { role: 'user', content: 'What is my name?' },
])

export const weather: FunctionTool = frozen({
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
  },
})

export const askWeather: readonly Message[] = frozen([{ role: 'user', content: 'How is the weather in Paris?' }])

/** Both calls of a turn are answered, in order. */
export const toolResults: readonly Message[] = frozen([
  { role: 'user', content: 'How is the weather in Paris and in Rome?' },
  {
    role: 'assistant',
    content: null,
    tool_calls: [
      { id: 'call00001', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } },
      { id: 'call00002', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } },
    ],
  },
  { role: 'tool', tool_call_id: 'call00001', content: 'rain and 12 degrees' },
  { role: 'tool', tool_call_id: 'call00002', content: 'sun and 23 degrees' },
])

export const picture = readFileSync(new URL('../../examples/circle.png', import.meta.url))

export const look = (url: string): readonly Message[] =>
  frozen([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url } },
      ],
    },
  ])

export const inline = `data:image/png;base64,${picture.toString('base64')}`

export const forecast = frozen({
  type: 'json_schema' as const,
  json_schema: {
    name: 'forecast',
    strict: true,
    schema: {
      type: 'object',
      properties: { city: { type: 'string' }, degrees: { type: 'number' } },
      required: ['city', 'degrees'],
      additionalProperties: false,
    },
  },
})
