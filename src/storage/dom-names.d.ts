// The declarations of idb-keyval name types of the DOM, which src is compiled without. As much of them as
// makes sense of those declarations: what this project itself uses of IndexedDB is in src/ports.ts.
type IDBValidKey = string
type IDBTransactionMode = 'readonly' | 'readwrite'
interface IDBRequest<Value> {
  readonly result: Value
}
interface IDBTransaction {
  readonly error: unknown
}
interface IDBObjectStore {
  readonly transaction: IDBTransaction
}
