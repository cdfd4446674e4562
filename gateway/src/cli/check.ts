import { ConfigError, type ConfigLine, showProblem } from '../config/checker.js'
import { loadConfig } from '../config/config.js'

const titles: readonly (readonly [treatment: ConfigLine['treatment'], title: string])[] = [
  ['dangerous', 'Dangerous'],
  ['unset', 'Not set'],
  ['ignored', 'Ignored'],
  ['honoured', 'Honoured'],
]

/** Prints the treatment of every line of a configuration. @returns 0 if the gateway starts with it */
export function check(file: string | undefined, out: (text: string) => void): number {
  if (file === undefined) {
    out('Name the file: llmux-gateway check config.yaml')
    return 2
  }
  try {
    const { lines, models } = loadConfig(file)
    printLines(lines, out)
    out(`The gateway starts with this file: ${models.length} ${models.length === 1 ? 'deployment' : 'deployments'}.`)
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    out(`The gateway does not start with this file. Problems: ${error.problems.length}`)
    for (const problem of error.problems) out(`  ${showProblem(problem)}`)
    printLines(error.lines, out)
    return 1
  }
}

function printLines(lines: readonly ConfigLine[], out: (text: string) => void): void {
  for (const [treatment, title] of titles) {
    const some = lines.filter((line) => line.treatment === treatment)
    if (some.length === 0) continue
    out(`${title}: ${some.length}`)
    for (const { file, line, path, note } of some) out(`  ${file}:${line}: ${path}: ${note}`)
  }
}
