import type { ClientContext } from '../call/context.js'
import { runListModels } from '../operations/list-models.js'
import type { Batches, Files } from '../types/batch.js'
import { FileResource } from './files.js'
import type { Report } from './place.js'
import { BatchResource } from './resources.js'

/** Lists models by the same requests. */
export const listModels = runListModels

export const resourcesOf = (context: ClientContext, report: Report): { files: Files; batches: Batches } => ({
  files: new FileResource(context),
  batches: new BatchResource(context, report),
})
