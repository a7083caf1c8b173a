import { ConnectError } from '../../../runtime/api/errors.ts'
import type { BinlogColumn } from '../binlog/binlog-event.ts'
import type { ColumnModel } from '../schema/table-model.ts'

/** A row of the log does not have the columns that the table is known to have. Read its shape again. */
export class TableMismatch extends ConnectError {
  constructor(about: string) {
    super('MYSQL_TABLE_MISMATCH', `A row in the binary log does not fit its table: ${about}`, {
      hint: 'The table was changed by a statement that the log does not have or that could not be read. Set binlog_row_metadata=FULL on the server, so that the log describes its rows; or take a new snapshot of the table'
    })
  }
}

export function wrongType(column: ColumnModel, found: BinlogColumn): TableMismatch {
  return new TableMismatch(
    `column ${column.name} is ${column.typeName}, and has type code ${found.type} there`
  )
}
