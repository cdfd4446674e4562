import { emptyCustomer, emptyKey } from '../admin/empty-rows.js'
import type { CustomerRow, KeyRow } from '../store/rows.js'
import type { RowForm } from './row-cache.js'

const made = { created_by: 'default_user_id', spend_epoch: 0 }

/** A key that an admin has made, with limits of its own or none. */
export const keyForm: RowForm<KeyRow> = {
  id: 'token',
  usual: { ...emptyKey, ...made, created_at: '', key_name: '' },
  beginnings: { key_name: 'sk-...' },
}

/** A customer that a call has named. */
export const customerForm: RowForm<CustomerRow> = {
  id: 'user_id',
  usual: { ...emptyCustomer, ...made, created_at: '', created_by: 'gateway' },
}
