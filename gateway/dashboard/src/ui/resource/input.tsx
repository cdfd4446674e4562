import {
  Autocomplete,
  JsonInput,
  MultiSelect,
  NumberInput,
  PasswordInput,
  Select,
  Switch,
  TagsInput,
  TextInput,
} from '@mantine/core'
import { useTexts } from '../../i18n/i18n.tsx'
import type { Field } from './fields.ts'
import { type Option, useOptions } from './sources.ts'

interface InputProps {
  readonly field: Field
  readonly value: unknown
  readonly error: string | undefined
  readonly onChange: (value: unknown) => void
}

/** The input of a field. */
export function FieldInput({ field, value, error, onChange }: InputProps) {
  const { t } = useTexts()
  const common = {
    label: t(field.label),
    description: field.hint && t(field.hint),
    error,
    required: field.required ?? false,
    name: field.name,
  }
  switch (field.kind) {
    case 'text':
      return (
        <TextInput
          {...common}
          placeholder={field.placeholder}
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
    case 'secret':
      return (
        <PasswordInput
          {...common}
          autoComplete="off"
          value={String(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('common.showSecret') }}
        />
      )
    case 'money':
      return (
        <NumberInput
          {...common}
          prefix="$"
          thousandSeparator
          decimalScale={9}
          hideControls
          value={value as number | string}
          onChange={onChange}
        />
      )
    case 'count':
      return (
        <NumberInput {...common} thousandSeparator hideControls value={value as number | string} onChange={onChange} />
      )
    case 'duration':
      return <Autocomplete {...common} data={[...field.suggestions]} value={String(value)} onChange={onChange} />
    case 'flag':
      return (
        <Switch
          label={common.label}
          description={common.description}
          error={error}
          name={field.name}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'names':
      return <TagsInput {...common} value={value as string[]} onChange={onChange} clearable />
    case 'choice':
      return (
        <Select
          {...common}
          data={field.options.map((option) => ({ value: option.value, label: t(option.label) }))}
          value={value === '' ? null : String(value)}
          onChange={(next) => onChange(next ?? '')}
          clearable={!field.required}
        />
      )
    case 'json':
      return (
        <JsonInput
          {...common}
          value={String(value)}
          onChange={onChange}
          autosize
          minRows={3}
          maxRows={12}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 12.5 } }}
        />
      )
    case 'one':
      return <OneInput field={field} value={value} common={common} onChange={onChange} />
    case 'many':
      return <ManyInput field={field} value={value} common={common} onChange={onChange} />
  }
}

interface ListInputProps<Kind extends Field['kind']> {
  readonly field: Extract<Field, { kind: Kind }>
  readonly value: unknown
  readonly common: object
  readonly onChange: (value: unknown) => void
}

/** A value that the list lacks, such as a deleted team, stays visible. */
const withChosen = (options: readonly Option[], chosen: readonly string[]): Option[] => [
  ...options,
  ...chosen
    .filter((value) => !options.some((option) => option.value === value))
    .map((value) => ({ value, label: value })),
]

function OneInput({ field, value, common, onChange }: ListInputProps<'one'>) {
  const options = useOptions(field.source)
  const chosen = value === '' ? [] : [String(value)]
  return (
    <Select
      {...common}
      searchable
      clearable
      limit={100}
      data={withChosen(options, chosen)}
      value={chosen[0] ?? null}
      onChange={(next) => onChange(next ?? '')}
    />
  )
}

function ManyInput({ field, value, common, onChange }: ListInputProps<'many'>) {
  const options = useOptions(field.source)
  const chosen = value as string[]
  return (
    <MultiSelect
      {...common}
      searchable
      clearable
      limit={100}
      data={withChosen(options, chosen)}
      value={chosen}
      onChange={onChange}
    />
  )
}
