/**
 * Functions that differ between Node.js and other runtimes. The package's `imports` choose `node.ts` or `web.ts` by condition, at run
 * time or when a bundler runs: the build replaces imports of this file by `#platform`.
 */
export * from './node.js'
