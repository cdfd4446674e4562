import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { providerIds } from '../../providers/registry.js'

/** A provider is data: only its own module may check for its name. */

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Modules that make or translate calls. Constructing a provider may use its name; reading one may not check for it. */
const files = ['src', 'providers']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      posix.join(folder, name.replaceAll('\\', '/')),
    ),
  )
  .filter((path) => path.endsWith('.ts') && !path.startsWith('simulator/') && !/\.generated\.ts$/.test(path))

/** Modules that mention another provider's name, with the reason. */
const allowed: Readonly<Record<string, string>> = {
  'providers/vertex.ts': "It takes the quirks of Mistral's row for Mistral's models, which speak the same API there.",
}

const ids = new Set(await providerIds())

/** An expression that may hold a provider's prefix: `id`, `provider`, `provider.id`, `context.provider`, `prefix`. */
const asksForName = (node: ts.Node): boolean =>
  (ts.isIdentifier(node) && /^(?:provider|prefix|providerId)$/.test(node.text)) ||
  (ts.isPropertyAccessExpression(node) &&
    (/^(?:provider|prefix|providerId)$/.test(node.name.text) ||
      (node.name.text === 'id' && /provider/i.test(node.expression.getText()))))

const isName = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) && (ids.has(node.text) || ids.has(node.text.replace(/\/$/, '')))

const comparisons: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
])

function findings(path: string, text = readFileSync(join(root, path), 'utf8')): string[] {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const note = (node: ts.Node) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart())
    found.push(`${path}:${line + 1} ${node.getText().split('\n')[0]}`)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && comparisons.has(node.operatorToken.kind)) {
      const sides = [node.left, node.right]
      // a check for the presence of a provider doesn't depend on its name
      const asked = sides.some(asksForName) && sides.some((side) => ts.isStringLiteralLike(side))
      if (asked || (sides.some(isName) && sides.some((side) => /\bid\b/.test(side.getText())))) note(node)
    }
    if (ts.isSwitchStatement(node) && asksForName(node.expression)) note(node.expression)
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression
      const asks = /^(?:startsWith|endsWith|includes|match|indexOf|test)$/.test(name.text)
      const words = expression.getText().split(/[^\w-]+/)
      if (asks && name.text !== 'test' && asksForName(expression)) note(node)
      // a list of names, or a pattern with names in it
      else if (asks && node.arguments.some(asksForName) && words.some((word) => ids.has(word))) note(node)
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return found
}

describe("a provider's name", () => {
  it.each([
    "if (provider.id === 'groq') return 1",
    "const x = context.provider !== 'mistral'",
    'switch (provider.id) { case "a": break }',
    "if (provider.startsWith('azure')) return 1",
    "if (row.id === 'xai') return 1",
    "if (['groq', 'xai'].includes(provider.id)) return 1",
    'if (/^(azure|openai)$/.test(context.provider)) return 1',
  ])('is found where it is asked for: %s', (text) => {
    expect(findings('some.ts', text)).toHaveLength(1)
  })

  it.each(['if (provider === undefined) return 1', 'const { id } = provider', "const x = { id: 'groq' }"])(
    'is not found in %s',
    (text) => {
      expect(findings('some.ts', text)).toEqual([])
    },
  )

  it('is asked for nowhere', () => {
    expect(files.length).toBeGreaterThan(100)
    const found = files.flatMap((path) => findings(path))
    expect(found.filter((place) => allowed[place.split(':')[0] ?? ''] === undefined)).toEqual([])
    // unused exceptions must be removed
    for (const path of Object.keys(allowed)) expect(found.some((place) => place.startsWith(path))).toBe(true)
  })
})
