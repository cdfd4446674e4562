import type { ChatParams, FunctionTool, Tool, ToolChoice } from '../../../src/types/chat.js'
import type { CacheControl } from '../../../src/types/messages.js'
import { type Fields, isFields, textIn } from '../../fields.js'
import { completeRoot } from '../../shared/root-schema.js'
import type { InboundReport } from '../report.js'

type ToolParams = Pick<ChatParams, 'tools' | 'tool_choice' | 'parallel_tool_calls' | 'web_search_options'>

/**
 * Tools of a request: functions, Anthropic's tools that the client runs (as functions with their documented input), and web search.
 * Other tools that Anthropic runs itself are left out.
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools
 */
export function decodeTools({ tools, tool_choice: choice }: Fields, report: InboundReport): ToolParams {
  const params: ToolParams = {}
  if (tools !== undefined && tools !== null) {
    if (!Array.isArray(tools)) throw report.invalid('tools', 'must be an array of tools', tools)
    const functions: Tool[] = []
    for (const [index, tool] of tools.entries()) {
      if (!isFields(tool)) throw report.invalid(`tools[${index}]`, "must be an object with a 'name'", tool)
      if (isSearch(tool.type)) params.web_search_options = searchOptions(tool, `tools[${index}]`, report)
      else {
        const found = decodeTool(tool, `tools[${index}]`, report)
        if (found) functions.push(found)
      }
    }
    if (functions.length > 0) params.tools = functions
  }
  return isFields(choice) ? { ...params, ...decodeChoice(choice, params.tools ?? [], report) } : params
}

const isSearch = (type: unknown): boolean => typeof type === 'string' && /^web_search_\d+$/.test(type)

/** Settings of a function that only Anthropic has. The first one is about speed alone. */
const settings = ['eager_input_streaming', 'defer_loading', 'allowed_callers', 'input_examples'] as const

function decodeTool(tool: Fields, where: string, report: InboundReport): FunctionTool | undefined {
  const { type, input_schema: schema, cache_control: mark } = tool
  for (const name of settings) {
    if (tool[name]) report.dropped(`${where}.${name}`, `other APIs have no '${name}' for tools.`)
  }
  const known = typeof type === 'string' && type !== 'custom' ? clientTool(type, tool) : undefined
  const name = textIn(tool, 'name') || known?.name
  if (typeof type === 'string' && type !== 'custom' && !known && !isFields(schema)) {
    report.dropped(where, `tools of type '${type}' run at Anthropic only.`)
    return undefined
  }
  if (known) report.changed(where, `Tools of type '${type}' are sent as functions with the same input.`)
  if (!name) throw report.invalid(`${where}.name`, 'must be a non-empty string', tool.name)
  const description = textIn(tool, 'description') || known?.description
  const { $schema: _, ...parameters } = isFields(schema)
    ? schema
    : (known?.schema ?? { type: 'object', properties: {} })
  return {
    type: 'function',
    function: {
      name,
      ...(description && { description }),
      parameters: completeRoot(parameters),
      ...(typeof tool.strict === 'boolean' && { strict: tool.strict }),
    },
    ...(mark !== undefined && mark !== null && { cache_control: mark as CacheControl }),
  }
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/web-search-tool */
function searchOptions(
  tool: Fields,
  where: string,
  report: InboundReport,
): NonNullable<ChatParams['web_search_options']> {
  for (const name of ['max_uses', 'allowed_domains', 'blocked_domains']) {
    if (tool[name]) report.dropped(`${where}.${name}`, `web searches of other providers have no '${name}'.`)
  }
  if (!isFields(tool.user_location)) return {}
  const { type: _, ...place } = tool.user_location
  return { user_location: { type: 'approximate', approximate: withoutNulls(place) as Record<string, string> } }
}

const withoutNulls = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined))

/** `tool_choice`; a choice among no tools is left out. */
function decodeChoice(choice: Fields, tools: readonly Tool[], report: InboundReport): ToolParams {
  if (tools.length === 0) {
    const forces = choice.type === 'any' || choice.type === 'tool'
    if (forces) report.dropped('tool_choice', 'the request has no tools that other providers know.')
    return {}
  }
  const parallel = choice.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {}
  const wanted = (tool_choice: ToolChoice): ToolParams => ({ tool_choice, ...parallel })
  switch (choice.type) {
    case 'auto':
      return wanted('auto')
    case 'any':
      return wanted('required')
    case 'none':
      return { tool_choice: 'none' }
    case 'tool': {
      const name = textIn(choice, 'name')
      if (!name) throw report.invalid('tool_choice.name', 'must be the name of a tool', choice.name)
      return wanted({ type: 'function', function: { name } })
    }
    default:
      throw report.invalid('tool_choice.type', "must be 'auto', 'any', 'tool' or 'none'", choice.type)
  }
}

interface ClientTool {
  readonly name: string
  readonly description: string
  readonly schema: Fields
}

/** A tool whose input Anthropic's models know by heart and whose calls the client runs; undefined for other types. */
function clientTool(type: string, tool: Fields): ClientTool | undefined {
  const kind = /^(bash|text_editor|memory|computer)_\d+$/.exec(type)?.[1]
  switch (kind) {
    case 'bash':
      return bash
    case 'text_editor':
      return editorOf(type)
    case 'memory':
      return memory
    case 'computer':
      return computerOf(tool)
    default:
      return undefined
  }
}

const text = (description: string): Fields => ({ type: 'string', description })
const whole = (description: string): Fields => ({ type: 'integer', description })

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/bash-tool */
const bash: ClientTool = {
  name: 'bash',
  description: 'Runs a command in a persistent bash session and returns its output.',
  schema: {
    type: 'object',
    properties: {
      command: text('The command to run. Required unless the session is restarted.'),
      restart: { type: 'boolean', description: 'True to restart the session.' },
    },
  },
}

const line = whole('Line number for insert: 0 is the beginning of the file.')
const range = { type: 'array', items: { type: 'integer' }, description: 'First and last line for view; -1 is the end.' }

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/text-editor-tool */
function editorOf(type: string): ClientTool {
  const old = type < 'text_editor_20250429'
  const commands = ['view', 'create', 'str_replace', 'insert', ...(old ? ['undo_edit'] : [])]
  return {
    name: old ? 'str_replace_editor' : 'str_replace_based_edit_tool',
    description: 'Views, creates and edits text files.',
    schema: {
      type: 'object',
      properties: {
        command: { type: 'string', enum: commands, description: 'The operation.' },
        path: text('Path of the file or folder.'),
        file_text: text('Content of the new file, for create.'),
        old_str: text('Text to replace, for str_replace. It must occur once.'),
        new_str: text('Replacement, for str_replace.'),
        insert_line: line,
        insert_text: text('Text to insert, for insert.'),
        view_range: range,
      },
      required: ['command', 'path'],
    },
  }
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/memory-tool */
const memory: ClientTool = {
  name: 'memory',
  description: 'Reads and writes files under /memories, which persist between conversations.',
  schema: {
    type: 'object',
    properties: {
      command: { type: 'string', enum: ['view', 'create', 'str_replace', 'insert', 'delete', 'rename'] },
      path: text('Path under /memories.'),
      file_text: text('Content of the new file, for create.'),
      old_str: text('Text to replace, for str_replace.'),
      new_str: text('Replacement, for str_replace.'),
      insert_line: line,
      insert_text: text('Text to insert, for insert.'),
      old_path: text('Current path, for rename.'),
      new_path: text('New path, for rename.'),
      view_range: range,
    },
    required: ['command'],
  },
}

const actions = [
  ...['key', 'type', 'mouse_move', 'left_click', 'left_click_drag', 'right_click', 'middle_click', 'double_click'],
  ...[
    'triple_click',
    'left_mouse_down',
    'left_mouse_up',
    'scroll',
    'hold_key',
    'wait',
    'screenshot',
    'cursor_position',
  ],
]

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/computer-use-tool */
function computerOf({ display_width_px: width, display_height_px: height }: Fields): ClientTool {
  const size =
    typeof width === 'number' && typeof height === 'number' ? ` The screen has ${width} × ${height} pixels.` : ''
  const point = { type: 'array', items: { type: 'integer' } }
  return {
    name: 'computer',
    description: `Controls mouse and keyboard of a computer and takes screenshots.${size}`,
    schema: {
      type: 'object',
      properties: {
        action: { type: 'string', enum: actions, description: 'The action to perform.' },
        coordinate: { ...point, description: 'x and y in pixels.' },
        start_coordinate: { ...point, description: 'Start of a drag, x and y in pixels.' },
        text: text('Text to type, or keys to press, such as ctrl+s.'),
        scroll_direction: { type: 'string', enum: ['up', 'down', 'left', 'right'] },
        scroll_amount: whole('Number of clicks of the wheel.'),
        duration: { type: 'number', description: 'Seconds, for wait and hold_key.' },
      },
      required: ['action'],
    },
  }
}
