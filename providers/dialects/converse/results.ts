import type { CacheControl } from '../../../src/types/messages.js'
import type { ToolResult } from '../../shared/history.js'
import { cachePoint, partsToBlocks } from './content.js'
import type { Kit } from './kit.js'
import type { Block } from './wire.js'

/**
 * What a tool gave back. Cache points stand behind a result, never in it.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html
 */
export function resultBlocks(
  toolUseId: string,
  { content, is_error, cache_control: mark }: ToolResult,
  where: string,
  kit: Kit,
): Block[] {
  const all = partsToBlocks(content, where, kit)
  const points = all.filter((block) => 'cachePoint' in block)
  const parts = all.filter((block) => !('cachePoint' in block) && block.text !== '\n')
  // an empty list is refused by some models, and an empty text by all
  const result: Block = { toolUseId, content: parts.length > 0 ? parts : [{ text: '(no output)' }] }
  if (is_error === true && kit.facts.resultStatus) result.status = 'error'
  else if (is_error === true)
    kit.report.dropped(`${where}.is_error`, `Left out: ${kit.facts.who} takes no status of a tool's result.`)
  const blocks: Block[] = [{ toolResult: result }]
  if (mark) cachePoint(blocks, mark as CacheControl, where, kit)
  else if (points[0]) blocks.push(points[0])
  return blocks
}
