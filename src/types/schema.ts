/**
 * Standard Schema v1 and its JSON Schema extension: what zod, valibot, arktype and others implement.
 * The interface is meant to be written out by those who consume it. https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': StandardProps<Input, Output>
}

interface StandardProps<Input, Output> {
  readonly version: 1
  readonly vendor: string
  readonly validate: (value: unknown, ...rest: never[]) => StandardResult<Output> | Promise<StandardResult<Output>>
  readonly types?: { readonly input: Input; readonly output: Output } | undefined
  readonly jsonSchema?:
    | { readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown> }
    | undefined
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What `schema` gives after validation. */
export type SchemaOutput<Schema> = Schema extends StandardSchema<infer _, infer Output> ? Output : never

export type JSONSchema = Record<string, unknown>
