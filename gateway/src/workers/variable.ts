/** Variable of a worker's environment with its address as JSON. */
export const workerVariable = 'LLMUX_WORKER'
