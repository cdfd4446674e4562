import type { ClientContext } from '../call/context.js'
import type { Batches, Files } from '../types/batch.js'
import { FileResource } from './files.js'
import type { Report } from './place.js'
import { BatchResource } from './resources.js'

export const resourcesOf = (context: ClientContext, report: Report): { files: Files; batches: Batches } => ({
  files: new FileResource(context),
  batches: new BatchResource(context, report),
})
