import { Button, Collapse, Drawer, Group, Stack } from '@mantine/core'
import { type FormEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { ApiError } from '../../api/client.ts'
import { useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { Notice } from '../bits.tsx'
import { bodyOf, type Field, type FormValues, problemsOf, valuesOf } from './fields.ts'
import { FieldInput } from './input.tsx'
import { fieldOf } from './param.ts'

interface FormProps<Answer> {
  readonly title: string
  readonly fields: readonly Field[]
  /** The row to edit; undefined for a new one. */
  readonly row?: object | undefined
  /** Sends the changed fields. An `ApiError` with a `param` is shown at that field. */
  readonly onSubmit: (body: FormValues) => Promise<Answer>
  readonly onDone: (answer: Answer) => void
  readonly onClose: () => void
  /** Shown above the buttons, with the current values. */
  readonly aside?: ((values: FormValues) => ReactNode) | undefined
}

/** A form beside the page, for a new row or an existing one. */
export function ResourceForm<Answer>({ title, fields: all, row, onSubmit, onDone, onClose, aside }: FormProps<Answer>) {
  const { t } = useTexts()
  const isNew = row === undefined
  const fields = useMemo(
    () =>
      all.filter(
        ({ only, visible }) => visible !== false && (only === undefined || only === (isNew ? 'create' : 'edit')),
      ),
    [all, isNew],
  )
  const [before] = useState(() => valuesOf(fields, { ...row }))
  const [values, setValues] = useState(before)
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({})
  const [failure, setFailure] = useState<string>()
  const [busy, setBusy] = useState(false)
  const [more, setMore] = useState(false)
  const form = useRef<HTMLFormElement>(null)

  const showErrors = (found: Readonly<Record<string, string>>) => {
    setErrors(found)
    const [first] = Object.keys(found)
    if (first === undefined) return
    if (fields.find(({ name }) => name === first)?.more) setMore(true)
    setTimeout(() => form.current?.querySelector<HTMLElement>(`[name="${CSS.escape(first)}"]`)?.focus(), 50)
  }

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setFailure(undefined)
    const problems = problemsOf(fields, values)
    showErrors(Object.fromEntries(Object.entries(problems).map(([name, key]) => [name, t(key)])))
    if (Object.keys(problems).length > 0) return
    setBusy(true)
    try {
      const answer = await onSubmit(bodyOf(fields, values, before, isNew))
      onDone(answer)
      onClose()
    } catch (error) {
      const name = error instanceof ApiError ? fieldOf(fields, error.param) : undefined
      if (name === undefined) setFailure(sentenceOf(error, t))
      else showErrors({ [name]: sentenceOf(error, t) })
      setBusy(false)
    }
  }

  const inputs = (isMore: boolean) =>
    fields
      .filter((field) => (field.more ?? false) === isMore)
      .map((field) => (
        <FieldInput
          key={field.name}
          field={field}
          value={values[field.name]}
          error={errors[field.name]}
          onChange={(value) => {
            setValues((current) => ({ ...current, [field.name]: value }))
            setErrors(({ [field.name]: _, ...rest }) => rest)
          }}
        />
      ))

  return (
    <Drawer opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form ref={form} onSubmit={submit} noValidate>
        <Stack gap="md">
          {failure !== undefined && <Notice tone="bad">{failure}</Notice>}
          {inputs(false)}
          {fields.some((field) => field.more) && (
            <>
              <Button
                variant="subtle"
                size="xs"
                color="gray"
                px={6}
                ml={-6}
                style={{ alignSelf: 'flex-start' }}
                aria-expanded={more}
                onClick={() => setMore((was) => !was)}
              >
                {t(more ? 'form.less' : 'form.more')}
              </Button>
              <Collapse expanded={more}>
                <Stack gap="md">{inputs(true)}</Stack>
              </Collapse>
            </>
          )}
          {aside?.(values)}
          <Group justify="flex-end" gap="xs" mt="sm">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" loading={busy}>
              {t(isNew ? 'common.create' : 'common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Drawer>
  )
}
