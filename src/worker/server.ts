/** `llmux/server` for workers. The build adds the parts that a client loads by itself on other runtimes: see tsup.worker.ts. */
export * from '../server/index.js'
