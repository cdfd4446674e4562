import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { type QueryKey, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { type Translate, useTexts } from '../../i18n/i18n.tsx'
import { sentenceOf } from '../../i18n/server.ts'
import { Confirm } from '../confirm.tsx'
import { Icon } from '../icons.tsx'
import { Page } from '../page.tsx'
import type { Column } from '../table.tsx'
import type { Field, FormValues } from './fields.ts'
import { ResourceForm } from './form.tsx'
import { ResourceList, type RowAction } from './list.tsx'

/** A question before an action on a row. */
interface Question {
  readonly title: string
  readonly text: string
}

export interface ResourceProps<Row extends object, Made> {
  readonly title: string
  readonly text: string
  readonly queryKey: QueryKey
  readonly load: (signal: AbortSignal) => Promise<readonly Row[]>
  /** Milliseconds between two loads. @default none */
  readonly refetchMs?: number | undefined
  /** Shown in the form, with its current values. */
  readonly formAside?: (values: FormValues) => ReactNode
  readonly idOf: (row: Row) => string
  readonly nameOf: (row: Row) => string
  readonly textOf: (row: Row) => string
  readonly columns: readonly Column<Row>[]
  readonly order?: string
  readonly fields: readonly Field[]
  /** Values of the form that differ from the fields of the row. */
  readonly formRow?: (row: Row) => object
  readonly createLabel: string
  /** Undefined if the caller may not create. The same for the others. */
  readonly create?: ((body: FormValues) => Promise<Made>) | undefined
  readonly onCreated?: (made: Made) => void
  readonly update?: ((row: Row, body: FormValues) => Promise<unknown>) | undefined
  readonly remove?: ((row: Row) => Promise<unknown>) | undefined
  readonly removeQuestion: (row: Row) => Question
  readonly block?: { run(row: Row, blocked: boolean): Promise<unknown>; isBlocked(row: Row): boolean } | undefined
  /** Whether the caller may change this row. @default all rows */
  readonly mayChange?: (row: Row) => boolean
  /** Further actions, before the common ones. */
  readonly moreActions?: (row: Row) => readonly RowAction[]
  /** Shown without rows, with the button that creates the first one. */
  readonly empty: (create: ReactNode) => ReactNode
  readonly children?: ReactNode
}

type Dialog<Row> = { readonly kind: 'create' } | { readonly kind: 'edit' | 'delete'; readonly row: Row }

/** A page with one kind of rows: list, form, block, delete. */
export function ResourcePage<Row extends object, Made>(props: ResourceProps<Row, Made>) {
  const { title, text, queryKey, load, idOf, nameOf, textOf, columns, order, fields, create, update, remove, block } =
    props
  const { t } = useTexts()
  const queries = useQueryClient()
  const found = useQuery({ queryKey, queryFn: ({ signal }) => load(signal), refetchInterval: props.refetchMs ?? false })
  const [dialog, setDialog] = useState<Dialog<Row>>()
  const close = () => setDialog(undefined)
  const changed = async () => {
    await queries.invalidateQueries({ queryKey })
    // forms and charts show the names as well
    void queries.invalidateQueries({ queryKey: ['options'] })
    void queries.invalidateQueries({ queryKey: ['names'] })
  }
  const createButton = create && (
    <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setDialog({ kind: 'create' })}>
      {props.createLabel}
    </Button>
  )
  const actionsOf = (row: Row): RowAction[] => [
    ...(props.moreActions?.(row) ?? []),
    ...(props.mayChange?.(row) === false ? [] : changesOf(row)),
  ]
  const changesOf = (row: Row): RowAction[] => [
    ...(update ? [action(t, 'edit', () => setDialog({ kind: 'edit', row }))] : []),
    ...(block
      ? [
          action(t, block.isBlocked(row) ? 'unblock' : 'block', async () => {
            try {
              await block.run(row, !block.isBlocked(row))
            } catch (error) {
              notifications.show({ color: 'red', message: sentenceOf(error, t) })
            }
            await changed()
          }),
        ]
      : []),
    ...(remove ? [action(t, 'delete', () => setDialog({ kind: 'delete', row }))] : []),
  ]
  const hasActions = update ?? block ?? remove ?? props.moreActions
  return (
    <Page title={title} description={text} actions={createButton}>
      <ResourceList
        label={title}
        query={found}
        columns={columns}
        keyOf={idOf}
        nameOf={nameOf}
        textOf={textOf}
        {...(order !== undefined && { order })}
        {...(hasActions && { actionsOf })}
        empty={props.empty(createButton)}
      />
      {dialog?.kind === 'create' && create && (
        <ResourceForm
          title={props.createLabel}
          fields={fields}
          onSubmit={create}
          aside={props.formAside}
          onDone={(made) => {
            void changed()
            // after the form has closed and given back the focus
            setTimeout(() => props.onCreated?.(made))
          }}
          onClose={close}
        />
      )}
      {dialog?.kind === 'edit' && update && (
        <ResourceForm
          title={t('form.edit', { name: nameOf(dialog.row) })}
          fields={fields}
          row={{ ...dialog.row, ...props.formRow?.(dialog.row) }}
          onSubmit={(body) => update(dialog.row, body)}
          onDone={() => void changed()}
          onClose={close}
        />
      )}
      {dialog?.kind === 'delete' && remove && (
        <Confirm
          danger
          title={props.removeQuestion(dialog.row).title}
          verb={t('common.delete')}
          onConfirm={async () => {
            await remove(dialog.row)
            await changed()
          }}
          onClose={close}
        >
          {props.removeQuestion(dialog.row).text}
        </Confirm>
      )}
      {props.children}
    </Page>
  )
}

const icons = { edit: 'edit', block: 'block', unblock: 'check', delete: 'trash' } as const

const action = (t: Translate, name: keyof typeof icons, run: () => unknown): RowAction => ({
  label: t(`common.${name}`),
  icon: icons[name],
  danger: name === 'delete',
  run: () => void run(),
})
