// What the log says of an initial snapshot.

/** @param rowsBefore that were passed on before a restart; null for a snapshot that begins */
export function snapshotStarts(tables: number, rowsBefore: number | null): string {
  const how = rowsBefore === null ? 'starts' : `goes on after ${counted(rowsBefore, 'row')}`
  return `The snapshot of ${counted(tables, 'table')} ${how}.`
}

export function snapshotIsComplete(rows: number): string {
  return `The snapshot is complete: ${counted(rows, 'row')}.`
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
