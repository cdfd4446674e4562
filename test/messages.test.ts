import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/**
 * One form for every message that a user can meet: what must be, what came, what to do.
 *
 *     'stream' must be a boolean; got 'yes'.
 *     'fallbacks[0].a' refers to an unknown model group 'b'. Known groups: 'a'.
 *
 * The messages are read off the syntax trees: the first argument of every error that is constructed, directly or through a helper
 * of the same file. `LLMUX_LIST_MESSAGES=<file>` writes them all to a file.
 */

const root = fileURLToPath(new URL('..', import.meta.url))

/** Messages that break a rule on purpose, with the reason. */
const exceptions: readonly { readonly file: RegExp; readonly text?: RegExp; readonly reason: string }[] = [
  { file: /^src\/cache\/redis-link/, text: /'url' of .* must be a URL/, reason: 'a URL may hold a password' },
  { file: /^src\/transport\//, reason: 'fragments of the message of a broken stream' },
  { file: /^src\/call\/validate/, text: /The header .* must be/, reason: 'a header may hold a credential' },
  { file: /^simulator\/(dispatcher|handler)/, reason: 'the wording of undici, which the simulator stands in for' },
]

/** Turns of phrase that state a fact instead of an error, or speak of parts as persons. */
const banned: readonly RegExp[] = [
  /which there is not|\bthere (is|are) (no|none)\b/i,
  /' (is|are) (an? (?!option|parameter)|no |one of|true or false|more than|at least)/i,
  /\b(nobody|somebody|anybody|whoever|whom)\b/i,
  /\b(say so|says no|of yours|of one's own|in vain|left alone|in silence|asked for|could not be had|the house)\b/i,
  /\bwhole number\b|\b(is a text(?! part)|no text)\b|\bit has (?=\{)|\bwhat is named\b/i,
]

interface Message {
  readonly file: string
  readonly line: number
  readonly text: string
  /** `fragment`: part of a sentence that `Report` completes. */
  readonly kind: 'sentence' | 'warning' | 'fragment'
}

const files = ['src', 'providers', 'pricing', 'simulator']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.generated.ts'))
      .map((name) => posix.join(folder, name.replaceAll('\\', '/'))),
  )

const visit = (node: ts.Node, see: (node: ts.Node) => void): void => {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}

/** Every text that an expression may have, with `{name}` in place of values. Undefined if it is not written in this file. */
function textsOf(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>, depth = 0): string[] | undefined {
  if (depth > 6) return undefined
  const texts = (one: ts.Expression) => textsOf(one, constants, depth + 1)
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return texts(node.expression)
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isConditionalExpression(node)) {
    const both = [texts(node.whenTrue), texts(node.whenFalse)]
    return both.flatMap((one) => one ?? [])
  }
  if (ts.isBinaryExpression(node)) {
    const right = texts(node.right)
    if (node.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) return right
    if (node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return undefined
    const left = texts(node.left)
    if (!left || !right) return undefined
    return left.flatMap((start) => right.map((end) => start + end)).slice(0, 16)
  }
  if (ts.isTemplateExpression(node)) {
    let all = [node.head.text]
    for (const { expression, literal } of node.templateSpans) {
      const parts = ts.isConditionalExpression(expression) ? texts(expression) : undefined
      const values = parts?.length ? parts : [placeholder(expression)]
      all = all.flatMap((start) => values.map((value) => start + value + literal.text)).slice(0, 16)
    }
    return all
  }
  if (ts.isIdentifier(node)) {
    const value = constants.get(node.text)
    return value && texts(value)
  }
  return undefined
}

function placeholder(node: ts.Expression): string {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'got')
    return 'got {value}'
  return `{${node.getText().replace(/\s+/g, ' ').slice(0, 40)}}`
}

const trees = new Map(
  files.map((file) => [
    file,
    ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true),
  ]),
)

/** Functions that pass a parameter on as the message, by file, and the position of that parameter. */
const helpers = new Map([...trees].map(([file, tree]) => [file, helpersIn(tree)]))

function helpersIn(tree: ts.SourceFile): Map<string, number> {
  const found = new Map<string, number>()
  visit(tree, (node) => {
    const name = nameOfFunction(node)
    if (!name || !ts.isFunctionLike(node)) return
    visit(node, (inner) => {
      const message = ts.isNewExpression(inner) && isErrorClass(inner) ? inner.arguments?.[0] : undefined
      if (!message || !ts.isIdentifier(message)) return
      const at = node.parameters.findIndex((one) => one.name.getText() === message.text)
      if (at >= 0) found.set(name, at)
    })
  })
  return found
}

/** The helpers that a file defines or imports, by their local names. */
function helpersFor(file: string, tree: ts.SourceFile): Map<string, number> {
  const known = new Map(helpers.get(file))
  for (const statement of tree.statements) {
    if (!ts.isImportDeclaration(statement)) continue
    const { text } = statement.moduleSpecifier as ts.StringLiteral
    const from = helpers.get(posix.join(posix.dirname(file), text).replace(/\.js$/, '.ts'))
    const bindings = statement.importClause?.namedBindings
    if (!from || !bindings || !ts.isNamedImports(bindings)) continue
    for (const { name, propertyName } of bindings.elements) {
      const at = from.get((propertyName ?? name).text)
      if (at !== undefined) known.set(name.text, at)
    }
  }
  return known
}

/** Methods of `Report` in `providers/report.ts`: their second argument is the message. */
const reported: Readonly<Record<string, Message['kind']>> = {
  unsupported: 'fragment',
  invalid: 'fragment',
  dropped: 'warning',
  changed: 'warning',
  emulated: 'warning',
  repaired: 'warning',
}

function messagesIn([file, tree]: readonly [string, ts.SourceFile]): Message[] {
  const constants = new Map<string, ts.Expression>()
  visit(tree, (node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      if (!ts.isArrowFunction(node.initializer)) constants.set(node.name.text, node.initializer)
    }
  })
  const known = helpersFor(file, tree)
  const found: Message[] = []
  visit(tree, (node) => {
    let message: ts.Expression | undefined
    let kind: Message['kind'] = 'sentence'
    if (ts.isNewExpression(node) && isErrorClass(node)) message = node.arguments?.[0]
    else if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const at = known.get(node.expression.text)
      message = at === undefined ? undefined : node.arguments[at]
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression
      if (!/report$/.test(expression.getText()) || !Object.hasOwn(reported, name.text)) return
      message = node.arguments[1]
      kind = reported[name.text] ?? 'fragment'
    }
    if (!message) return
    const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1
    for (const text of textsOf(message, constants) ?? []) found.push({ file, line, text, kind })
  })
  return found
}

function nameOfFunction(node: ts.Node): string | undefined {
  if (ts.isFunctionDeclaration(node)) return node.name?.text
  if (ts.isMethodDeclaration(node)) return undefined
  if (!ts.isArrowFunction(node)) return undefined
  return ts.isVariableDeclaration(node.parent) && ts.isIdentifier(node.parent.name) ? node.parent.name.text : undefined
}

function isErrorClass({ expression }: ts.NewExpression): boolean {
  return /Error$/.test(expression.getText())
}

const messages = [...trees].flatMap(messagesIn)

/** Rules that a message breaks. */
function faultsOf({ text, kind }: Message): string[] {
  const faults: string[] = []
  if (kind !== 'fragment' && !/[.?…]['")]?$|[.:(] ?\{[^{}]*\}$|\}\.?$/.test(text))
    faults.push('does not end with a period')
  if (kind === 'sentence' && /^[a-z]/.test(text) && !/^[a-zA-Z./]+(\(\)|\b.*\{)/.test(text)) {
    faults.push('does not begin with a capital letter')
  }
  for (const turn of banned) {
    const match = turn.exec(text)
    if (match) faults.push(`has '${match[0]}'`)
  }
  const rest = text.split(/must be (?!set on)/)[1]
  if (kind === 'sentence' && rest !== undefined && !/\bgot\b|\{/.test(rest)) faults.push("has 'must be' without 'got'")
  return faults
}

const isExcepted = ({ file, text }: Message) =>
  exceptions.some((one) => one.file.test(file) && (one.text?.test(text) ?? true))

describe('messages', () => {
  it('are found in every folder', () => {
    const list = process.env.LLMUX_LIST_MESSAGES
    if (list) writeFileSync(list, messages.map(({ file, line, text }) => `${file}:${line}\t${text}\n`).join(''))
    expect(messages.length).toBeGreaterThan(400)
  })

  it('state the requirement, the given value and the remedy in one form', () => {
    const faults = messages
      .filter((message) => !isExcepted(message))
      .flatMap((message) =>
        faultsOf(message).map((fault) => `${message.file}:${message.line} ${fault}: ${message.text}`),
      )
    if (process.env.LLMUX_ALL_MESSAGES) writeFileSync(process.env.LLMUX_ALL_MESSAGES, faults.join('\n'))
    expect(faults).toEqual([])
  })

  it('need every exception', () => {
    const faulty = messages.filter((message) => faultsOf(message).length > 0)
    const unused = exceptions.filter(
      (one) => !faulty.some(({ file, text }) => one.file.test(file) && (one.text?.test(text) ?? true)),
    )
    expect(unused).toEqual([])
  })
})
