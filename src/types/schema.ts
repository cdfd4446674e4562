/**
 * Standard Schema v1 with its JSON Schema extension, implemented by zod, valibot, arktype and others. The specification asks
 * consumers to copy the interface. https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** Properties defined by the specification. */
  readonly '~standard': StandardProps<Input, Output>
}

interface StandardProps<Input, Output> {
  readonly version: 1
  readonly vendor: string
  readonly validate: (value: unknown, ...rest: never[]) => StandardResult<Output> | Promise<StandardResult<Output>>
  readonly types?: { readonly input: Input; readonly output: Output } | undefined
  readonly jsonSchema?:
    | {
        /** JSON Schema of the values that the schema accepts. */
        readonly input?: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
        /** JSON Schema of the values that the schema produces. */
        readonly output: (options: { readonly target: 'draft-2020-12' }) => Record<string, unknown>
      }
    | undefined
}

/** Result of a validation. */
export type StandardResult<Output> =
  | {
      /** The validated value. */
      readonly value: Output
      /** Undefined after a successful validation. */
      readonly issues?: undefined
    }
  | {
      /** Why the validation failed. */
      readonly issues: readonly StandardIssue[]
    }

/** A validation issue. */
export interface StandardIssue {
  /** Description of the issue. */
  readonly message: string
  /** Path of the invalid value. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** Type of a validated value. */
export type SchemaOutput<Schema> = Schema extends StandardSchema<infer _, infer Output> ? Output : never

/** A JSON Schema. */
export type JSONSchema = Record<string, unknown>
