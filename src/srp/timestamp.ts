import { refuse } from '../errors.ts'

/**
 * A moment as the service wants it in a claim: `Fri Sep 4 03:05:09 UTC 2026`. In English, in UTC and in
 * the Gregorian calendar wherever the device is.
 */
export function timestamp(milliseconds: number): string {
  // The one text of a date that the language defines to the letter: Fri, 04 Sep 2026 03:05:09 GMT.
  // Date would read a text, null or a list as some moment.
  const text = new Date(Number.isFinite(milliseconds) ? milliseconds : NaN).toUTCString()
  const [weekday, day, month, year, time] = text.split(/,? /)
  if (!time) refuse('now', 'milliseconds since 1970', `another ${typeof milliseconds}`)
  return `${weekday!} ${month!} ${Number(day)} ${time} UTC ${year!}`
}
