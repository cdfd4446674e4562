// The reference of the gateway's routes as Markdown, from its OpenAPI document.
const slug = (text) =>
  text
    .toLowerCase()
    .replace(/[^\w]+/g, '-')
    .replace(/^-|-$/g, '')
const cell = (text) =>
  String(text ?? '')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .replaceAll('<', '&lt;')

/** A type in words, with links to named schemas. */
function typeOf(schema) {
  if (schema === undefined || Object.keys(schema).filter((key) => key !== 'description').length === 0) return 'anything'
  if (schema.$ref) {
    const name = schema.$ref.split('/').at(-1)
    return `[${name}](/api/schemas#${slug(name)})`
  }
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.const !== undefined) return `\`${schema.const}\``
  const several = schema.anyOf ?? schema.oneOf
  if (several) return several.map(typeOf).join(' or ')
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items)}`
  if (schema.type === 'object') {
    if (schema.properties) return 'object'
    const values = schema.additionalProperties
    return values && Object.keys(values).length > 0 ? `object of ${typeOf(values)}` : 'object'
  }
  return schema.type
}

/** Rows of fields; those of objects within are named `outer.inner`. */
function rows(schema, prefix = '', depth = 0) {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const full = `${prefix}${name}`
    const required = schema.required?.includes(name)
    const own = `| \`${full}\` | ${cell(typeOf(field))} | ${required ? 'yes' : ''} | ${cell(field.description)} |`
    const inside = [field, field.items, ...(field.anyOf ?? [])].find((part) => part?.properties)
    return [own, ...(inside && depth < 2 ? rows(inside, `${full}.`, depth + 1) : [])]
  })
}

function fields(schema, title) {
  const found = rows(schema)
  if (found.length === 0) return `${title}: ${typeOf(schema)}\n`
  return `${title}${schema.type === 'array' ? ', a list' : ''}\n\n| field | type | required | meaning |\n| --- | --- | --- | --- |\n${found.join('\n')}\n`
}

const jsonOf = (part) => part?.content?.['application/json']?.schema

function operationText(method, path, operation) {
  const parts = [`## ${method} ${path.replaceAll('{', '\\{')} {#${operation.operationId}}`, `${operation.summary}.`]
  if (operation.description) parts.push(operation.description)
  if (operation['x-roles']) parts.push(`Roles: ${operation['x-roles'].map((role) => `\`${role}\``).join(', ')}.`)
  const query = operation.parameters.filter((parameter) => parameter.in === 'query')
  if (query.length > 0) {
    const lines = query.map(
      ({ name, required, schema, description }) =>
        `| \`${name}\` | ${cell(typeOf(schema))} | ${required ? 'yes' : ''} | ${cell(description)} |`,
    )
    parts.push(`Query\n\n| parameter | type | required | meaning |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`)
  }
  const body = jsonOf(operation.requestBody)
  if (body) parts.push(fields(body, 'Body'))
  const [[status, success]] = Object.entries(operation.responses)
  const answer = jsonOf(success)
  if (answer)
    parts.push(
      fields(
        answer.type === 'array' && answer.items?.properties ? { ...answer.items, type: 'array' } : answer,
        `Answer \`${status}\``,
      ),
    )
  else parts.push(`Answer \`${status}\`${success.content ? `: \`${Object.keys(success.content).join('`, `')}\`` : ''}`)
  if (success.content?.['text/event-stream'])
    parts.push(
      `With \`stream: true\`: server-sent events of ${typeOf(success.content['text/event-stream']['x-event'])}.`,
    )
  return parts.join('\n\n')
}

/** Pages of the reference: an overview, one for each tag, and the named schemas. */
export function referencePages(document) {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const byTag = document.tags
    .map(({ name }) => ({ name, found: operations.filter(({ operation }) => operation.tags[0] === name) }))
    .filter(({ found }) => found.length > 0)
  const overview = byTag.map(({ name, found }) => {
    const lines = found.map(
      ({ method, path, operation }) =>
        `| \`${method}\` | [\`${path}\`](/api/${slug(name)}#${operation.operationId}) | ${cell(operation.summary)} |`,
    )
    return `## ${name}\n\n| method | path | |\n| --- | --- | --- |\n${lines.join('\n')}`
  })
  const intro = `# API of the gateway\n\n${operations.length} routes, made from the [OpenAPI document](/openapi.json){target="_self"} that a gateway serves at \`/openapi.json\`. Send a key as \`authorization: Bearer …\`. Amounts are in US dollars.\n`
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `## ${name} {#${slug(name)}}\n\n${schema.description ? `${schema.description}\n\n` : ''}${fields(schema, 'Fields')}`,
  )
  return [
    { name: 'api/index', title: 'Overview', text: `${intro}\n${overview.join('\n\n')}\n` },
    ...byTag.map(({ name, found }) => ({
      name: `api/${slug(name)}`,
      title: name,
      text: `# ${name}\n\n${found.map(({ method, path, operation }) => operationText(method, path, operation)).join('\n\n')}\n`,
    })),
    {
      name: 'api/schemas',
      title: 'Schemas',
      text: `# Schemas\n\nObjects that several routes share.\n\n${schemas.join('\n\n')}\n`,
    },
  ]
}
