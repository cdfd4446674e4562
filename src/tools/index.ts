export { partialRun } from './loop.js'
export { runTools, streamTools, type ToolsStream } from './run-tools.js'
export { tool, toolResult } from './tool.js'
export type * from './types.js'
