import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

/**
 * Public symbols and their members have a doc comment, which editors show on hover. Measured over the exports of every entry of the
 * package; members are the fields and methods of exported interfaces, classes and object types.
 */

const root = fileURLToPath(new URL('..', import.meta.url))
const trees = new Map<string, ts.SourceFile>()

function parse(file: string): ts.SourceFile {
  let tree = trees.get(file)
  if (!tree) {
    tree = ts.createSourceFile(file, readFileSync(posix.join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
    trees.set(file, tree)
  }
  return tree
}

/** Finds the declarations of an exported name, following re-exports. */
function declarationsOf(file: string, name: string): ts.Declaration[] {
  const found: ts.Declaration[] = []
  for (const statement of parse(file).statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier) {
      const target = resolve(file, statement.moduleSpecifier)
      if (!target) continue
      const { exportClause } = statement
      if (!exportClause) found.push(...declarationsOf(target, name))
      else if (ts.isNamedExports(exportClause)) {
        for (const one of exportClause.elements) {
          if (one.name.text === name) found.push(...declarationsOf(target, (one.propertyName ?? one.name).text))
        }
      }
    } else if (ts.isVariableStatement(statement)) {
      found.push(...statement.declarationList.declarations.filter((one) => one.name.getText() === name))
    } else if (isNamed(statement) && statement.name?.text === name) found.push(statement)
  }
  return found
}

const isNamed = (node: ts.Node): node is ts.DeclarationStatement & { name?: ts.Identifier } =>
  ts.isInterfaceDeclaration(node) ||
  ts.isClassDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isFunctionDeclaration(node) ||
  ts.isEnumDeclaration(node)

/** The file of a relative import; undefined for packages and generated files. */
function resolve(from: string, specifier: ts.Expression): string | undefined {
  const { text } = specifier as ts.StringLiteral
  return text.startsWith('.') ? posix.join(posix.dirname(from), text).replace(/\.js$/, '.ts') : undefined
}

/** Every name that an entry exports. */
function exportsOf(file: string): string[] {
  return parse(file).statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) {
      const { exportClause, moduleSpecifier } = statement
      if (exportClause) return ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : []
      const target = moduleSpecifier && resolve(file, moduleSpecifier)
      return target ? exportsOf(target) : []
    }
    if (
      !ts.canHaveModifiers(statement) ||
      !ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    )
      return []
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => name.getText())
    return isNamed(statement) && statement.name ? [statement.name.text] : []
  })
}

const isDocumented = (node: ts.Node): boolean => {
  const owner = ts.isVariableDeclaration(node) ? node.parent.parent : node
  return ts.getJSDocCommentsAndTags(owner).some(ts.isJSDoc)
}

function membersOf(node: ts.Node): ts.Node[] {
  if (ts.isInterfaceDeclaration(node)) return [...node.members]
  if (ts.isClassDeclaration(node))
    return node.members.filter((member) => isPublic(member) && !isInherited(node, member))
  if (ts.isTypeAliasDeclaration(node)) return literalsIn(node.type).flatMap(({ members }) => [...members])
  return []
}

const isPublic = (member: ts.ClassElement): boolean =>
  !!member.name &&
  !ts.isPrivateIdentifier(member.name) &&
  !ts.isComputedPropertyName(member.name) &&
  (ts.getCombinedModifierFlags(member) &
    (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Override)) ===
    0 &&
  !ts.getJSDocTags(member).some(({ tagName }) => tagName.text === 'internal')

/** `name` and `code` of the error classes are documented by their base class. */
const isInherited = (node: ts.ClassDeclaration, member: ts.ClassElement): boolean =>
  !!node.heritageClauses && /^(name|code)$/.test(member.name?.getText() ?? '')

/** Object types of an alias, in unions and intersections too. */
function literalsIn(type: ts.TypeNode): ts.TypeLiteralNode[] {
  if (ts.isTypeLiteralNode(type)) return [type]
  if (ts.isUnionTypeNode(type) || ts.isIntersectionTypeNode(type)) return type.types.flatMap(literalsIn)
  return ts.isParenthesizedTypeNode(type) ? literalsIn(type.type) : []
}

/** The discriminant of a union explains itself. */
const isDiscriminant = (node: ts.Node): boolean =>
  ts.isPropertySignature(node) &&
  /^(type|role|object)$/.test(node.name.getText()) &&
  !!node.type &&
  (ts.isLiteralTypeNode(node.type) || (ts.isUnionTypeNode(node.type) && node.type.types.every(ts.isLiteralTypeNode)))

interface Public {
  readonly name: string
  readonly documented: boolean
}

function publicOf(entry: string): Public[] {
  return [...new Set(exportsOf(entry))].flatMap((name) => {
    const declarations = declarationsOf(entry, name)
    const [first] = declarations
    if (!first) return []
    const file = first.getSourceFile().fileName
    if (file.endsWith('.generated.ts')) return []
    const own = { name: `${file} ${name}`, documented: declarations.some(isDocumented) }
    // the events of the Responses API are the provider's: their page documents each field
    const members =
      name === 'ResponsesEvent' ? [] : declarations.flatMap(membersOf).filter((member) => !isDiscriminant(member))
    return [
      own,
      ...members.map((member) => ({
        name: `${file} ${name}.${(member as ts.NamedDeclaration).name?.getText() ?? ''}`,
        documented: isDocumented(member),
      })),
    ]
  })
}

describe('doc comments', () => {
  const all = publicOf('src/index.ts')
  const missing = all.filter(({ documented }) => !documented).map(({ name }) => name)

  it('are measured over the public interface', () => {
    expect(all.length).toBeGreaterThan(900)
  })

  it('cover at least 90 % of the public symbols and members', () => {
    const share = 1 - missing.length / all.length
    expect(share, `without a doc comment:\n${missing.join('\n')}`).toBeGreaterThanOrEqual(0.9)
  })

  it('cover every parameter of a request', () => {
    const params =
      /^src\/types\/\S+ (ChatParams|EmbeddingParams|RerankParams|ResponsesParams|ModerationParams|CallOptions)\./
    expect(missing.filter((name) => params.test(name))).toEqual([])
  })
})
