import { useEffect, useState } from 'react'
import { addressOf } from '../../api/client.ts'
import type { CallRow } from '../../api/logs.ts'
import type { LogsSearch } from './search.ts'

/** Rows that the tail keeps: older ones are in the list. */
const most = 1_000

/** New calls while `live` is true, newest first. */
export function useTail(live: boolean, filters: LogsSearch): readonly CallRow[] {
  const [rows, setRows] = useState<readonly CallRow[]>([])
  const { start_date: _, end_date: __, ...others } = filters
  const address = addressOf('/dashboard/tail', others)
  useEffect(() => {
    setRows([])
    if (!live) return
    const source = new EventSource(address)
    source.onmessage = ({ data }) => setRows((before) => [JSON.parse(data) as CallRow, ...before].slice(0, most))
    return () => source.close()
  }, [live, address])
  return rows
}
