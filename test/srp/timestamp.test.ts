import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { timestamp } from '../../src/srp/index.ts'
import { runs } from '../runs.ts'
import { expectMistake } from './fakes.ts'

describe('the timestamp', () => {
  test.each([
    ['Fri Sep 4 03:05:09 UTC 2026', Date.UTC(2026, 8, 4, 3, 5, 9)],
    ['Thu Sep 24 13:50:15 UTC 2026', Date.UTC(2026, 8, 24, 13, 50, 15)],
    ['Thu Jan 1 00:00:00 UTC 2026', Date.UTC(2026, 0, 1)],
    ['Sun Feb 1 01:02:03 UTC 2026', Date.UTC(2026, 1, 1, 1, 2, 3)],
    ['Tue Mar 31 23:59:59 UTC 2026', Date.UTC(2026, 2, 31, 23, 59, 59)],
    ['Wed Apr 1 12:00:00 UTC 2026', Date.UTC(2026, 3, 1, 12)],
    ['Sat May 9 09:09:09 UTC 2026', Date.UTC(2026, 4, 9, 9, 9, 9)],
    ['Wed Jun 10 10:10:10 UTC 2026', Date.UTC(2026, 5, 10, 10, 10, 10)],
    ['Fri Jul 31 20:30:40 UTC 2026', Date.UTC(2026, 6, 31, 20, 30, 40)],
    ['Sat Aug 1 00:00:01 UTC 2026', Date.UTC(2026, 7, 1, 0, 0, 1)],
    ['Wed Sep 30 23:00:00 UTC 2026', Date.UTC(2026, 8, 30, 23)],
    ['Sat Oct 31 13:13:13 UTC 2026', Date.UTC(2026, 9, 31, 13, 13, 13)],
    ['Tue Nov 3 04:05:06 UTC 2026', Date.UTC(2026, 10, 3, 4, 5, 6)],
    ['Thu Dec 31 23:59:59 UTC 2026', Date.UTC(2026, 11, 31, 23, 59, 59)],
    ['Tue Feb 29 00:00:00 UTC 2028', Date.UTC(2028, 1, 29)],
    ['Wed Mar 1 00:00:00 UTC 2028', Date.UTC(2028, 2, 1)],
    ['Tue Feb 29 23:59:59 UTC 2000', Date.UTC(2000, 1, 29, 23, 59, 59)],
    ['Mon Mar 1 00:00:00 UTC 2100', Date.UTC(2100, 2, 1)],
    ['Thu Jan 1 00:00:00 UTC 1970', 0],
    ['Wed Dec 31 23:59:59 UTC 1969', -1],
    ['Tue Jan 19 03:14:08 UTC 2038', 2 ** 31 * 1000],
    ['Fri Dec 31 23:59:59 UTC 9999', Date.UTC(9999, 11, 31, 23, 59, 59)],
  ])('%s', (text, milliseconds) => {
    expect(timestamp(milliseconds)).toBe(text)
  })

  test.each([999, 0.001, 999.999])('cuts off %d ms', (milliseconds) => {
    expect(timestamp(Date.UTC(2026, 8, 4, 3, 5, 9) + milliseconds)).toBe(
      'Fri Sep 4 03:05:09 UTC 2026',
    )
  })

  test('names every day of the week and every month', () => {
    const days = Array.from({ length: 366 }, (_, day) => timestamp(Date.UTC(2028, 0, 1 + day)))
    expect([...new Set(days.map((text) => text.slice(0, 3)))].sort()).toEqual(
      ['Fri', 'Mon', 'Sat', 'Sun', 'Thu', 'Tue', 'Wed'].sort(),
    )
    const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'
    expect([...new Set(days.map((text) => text.slice(4, 7)))].join(' ')).toBe(months)
    expect([...new Set(days.map((text) => text.split(' ')[2]))]).toEqual(
      Array.from({ length: 31 }, (_, day) => String(day + 1)),
    )
  })

  test('of any moment, as its parts are', () => {
    const weekdays = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ')
    const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
    const two = (number: number): string => String(number).padStart(2, '0')
    const moment = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) })
    fc.assert(
      fc.property(moment, (milliseconds) => {
        const date = new Date(milliseconds)
        const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
        expect(timestamp(milliseconds)).toBe(
          [
            weekdays[date.getUTCDay()],
            months[date.getUTCMonth()],
            date.getUTCDate(),
            clock.map(two).join(':'),
            'UTC',
            date.getUTCFullYear(),
          ].join(' '),
        )
      }),
      runs(5000),
    )
  })

  test.each([
    ['no number', NaN],
    ['infinity', Infinity],
    ['minus infinity', -Infinity],
    ['more than a date can be', 8.64e15 + 1],
    ['less than a date can be', -8.64e15 - 1],
  ])('is not of %s', (_what, milliseconds) => {
    expectMistake(caught(milliseconds), 'now')
    expect((caught(milliseconds) as Error).message).toMatch(/milliseconds since 1970; got .+/)
  })

  // Dates are made of all sorts of things: null is 1970, a text is a date of the device's time zone.
  test.each([
    ['nothing', undefined],
    ['an object', {}],
    ['an object of nothing', Object.create(null) as unknown],
    ['a symbol', Symbol('now')],
    ['null', null],
    ['a truth', true],
    ['a text that is a date', '2026-09-04 03:05:09'],
    ['a text that is a number', '1788491109000'],
    ['a date', new Date(0)],
    ['a big number', 0n],
    ['a list', [0]],
  ])('is not of %s', (_what, milliseconds) => {
    expectMistake(caught(milliseconds), 'now')
  })

  function caught(milliseconds: unknown): unknown {
    try {
      return timestamp(milliseconds as number)
    } catch (failure) {
      return failure
    }
  }
})
