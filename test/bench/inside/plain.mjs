// The protocol written plainly around somebody's power and hashes, with the length of a that latchkey
// uses: what is left between the two is the arithmetic.
import { bytesToNumberBE, hexToBytes, numberToHexUnpadded } from '@noble/curves/utils.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { N, g, k } from 'latchkey/srp'

/** A contestant; `power` is modulo N, `sha256` and `hmac` take and give bytes. */
export const plain = (name, { power, sha256, hmac }) => ({
  name,
  randomBytes: 40,
  start({ random, userPoolId, password, now }) {
    const [, pool] = userPoolId.split('_')
    const a = bytesToNumberBE(random)
    const A = power(g, a)
    return {
      A: A.toString(16),
      finish({ SALT, SRP_B, SECRET_BLOCK, USER_ID_FOR_SRP }) {
        const B = BigInt(`0x${SRP_B}`)
        const u = bytesToNumberBE(sha256(concatBytes(signed(A), signed(B))))
        const inner = sha256(utf8ToBytes(`${pool}${USER_ID_FOR_SRP}:${password}`))
        const x = bytesToNumberBE(sha256(concatBytes(signed(BigInt(`0x${SALT}`)), inner)))
        const base = (B + (N - k) * power(g, x)) % N
        const extracted = hmac(signed(u), signed(power(base, a + u * x)))
        const key = hmac(extracted, utf8ToBytes('Caldera Derived Key\x01')).subarray(0, 16)
        const signature = hmac(
          key,
          concatBytes(
            utf8ToBytes(pool + USER_ID_FOR_SRP),
            Uint8Array.from(globalThis.atob(SECRET_BLOCK), (letter) => letter.charCodeAt(0)),
            utf8ToBytes(timestamp(now)),
          ),
        )
        return globalThis.btoa(String.fromCharCode(...signature))
      },
    }
  },
})

/** The fewest bytes, with room for a sign. */
function signed(number) {
  const hex = numberToHexUnpadded(number)
  return hexToBytes(/^[89a-f]/.test(hex) ? `00${hex}` : hex)
}

function timestamp(now) {
  const [weekday, day, month, year, time] = new Date(now).toUTCString().split(/,? /)
  return `${weekday} ${month} ${Number(day)} ${time} UTC ${year}`
}
