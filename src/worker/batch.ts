/** `llmux/batch` for workers. The build adds the files and batches that a client loads by itself on other runtimes: see tsup.worker.ts. */
export * from '../jobs/index.js'
