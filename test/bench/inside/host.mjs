// What peers ask the host for while they compute, the time and random bytes: here all get the same.
// Loaded first, so that whoever keeps a reference keeps one to this.

const TrueDate = Date

/** Milliseconds, as exactly as the engine tells. Not stopped by {@link stopClock}. */
export const clock =
  typeof performance === 'object' ? () => performance.now() : TrueDate.now.bind(TrueDate)

/** From now on it is always `now` for whoever asks. */
export function stopClock(now) {
  globalThis.Date = function (...given) {
    return given.length ? new TrueDate(...given) : new TrueDate(now)
  }
  globalThis.Date.now = () => now
}

let prepared = new Uint8Array()

/** What the next drawing gets. */
export function prepareRandom(bytes) {
  prepared = bytes
}

/** Whether a peer drew all that was prepared: it then uses as many bits as we say it does. */
export const drewAll = () => prepared.length === 0

globalThis.crypto.getRandomValues = (array) => {
  const drawn = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
  if (drawn.length > prepared.length) throw new Error('a peer draws more than it should')
  drawn.set(prepared.subarray(0, drawn.length))
  prepared = prepared.subarray(drawn.length)
  // Peers put words together with the first byte in front; the host's order is the other one.
  if (array instanceof Uint32Array)
    array.forEach((word, i) => (array[i] = new DataView(Uint32Array.of(word).buffer).getUint32(0)))
  return array
}
