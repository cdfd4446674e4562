import { describe, expect, it } from 'vitest'
import { lengthOfOmitted, turnsOfAnswer, turnsOfRequest } from '../src/pages/logs/content.ts'

describe('stored content of a call', () => {
  it('has the turns of a chat with images and tools', () => {
    const turns = turnsOfRequest({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be short.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'See' },
            { type: 'image_url', image_url: { url: 'data:' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: '1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
        },
        { role: 'tool', tool_call_id: '1', content: 'A cat' },
      ],
    })
    expect(turns).toEqual([
      { role: 'system', text: 'Be short.', attachments: 0, tools: [] },
      { role: 'user', text: 'See', attachments: 1, tools: [] },
      { role: 'assistant', text: '', attachments: 0, tools: [{ name: 'look', input: '{"at":1}' }] },
      { role: 'tool', text: 'A cat', attachments: 0, tools: [] },
    ])
  })

  it('reads the forms of Anthropic, of responses and of embeddings', () => {
    expect(
      turnsOfRequest({ system: 'S', messages: [{ role: 'user', content: 'Hi' }] }).map(({ role }) => role),
    ).toEqual(['system', 'user'])
    const items = [
      { type: 'function_call', name: 'look', arguments: '{}' },
      { type: 'function_call_output', output: { found: true } },
    ]
    expect(turnsOfRequest({ instructions: 'I', input: items }).map(({ role, text }) => [role, text])).toEqual([
      ['system', 'I'],
      ['assistant', ''],
      ['tool', '{\n  "found": true\n}'],
    ])
    expect(turnsOfRequest({ input: ['one', 'two'] }).map(({ role, text }) => [role, text])).toEqual([
      ['input', 'one'],
      ['input', 'two'],
    ])
  })

  it('has the choices of an answer, its output, and nothing of a body that it does not know', () => {
    expect(turnsOfAnswer({ choices: [{ message: { role: 'assistant', content: 'Yes' } }] })).toHaveLength(1)
    const output = [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Yes' }] }]
    expect(turnsOfAnswer({ output })[0]?.text).toBe('Yes')
    expect(turnsOfAnswer({ data: [{ embedding: [1] }] })).toEqual([])
    expect(turnsOfRequest({})).toEqual([])
  })

  it('knows content that was too long to be stored', () => {
    expect(lengthOfOmitted({ truncated: true, characters: 300_000 })).toBe(300_000)
    expect(lengthOfOmitted({ truncated: 'disabled' })).toBeUndefined()
  })
})
