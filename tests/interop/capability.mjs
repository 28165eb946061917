// Verifies capability records by specs/discovery.md and specs/wire.md alone: no line of the C# implementation, no package but node's own.
// As a module it judges for peer.mjs (--validator): validate throws for what does not count, select names the best.
//   node capability.mjs VECTORS.json    judges every case of specs/vectors/discovery/vectors.json; the last line says {"judged":n,"wrong":[…]}
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const PREFIX = '/aria/node/'
const DOMAIN = 'aria-capability'
const TYPE = '/aria/capability/1'
const MAX_BYTES = 8192
const MAX_LIFE_MS = 5n * 60n * 1000n
const HOUR_US = 3_600_000_000n
const PEER_ID = Buffer.from('002408011220', 'hex')  // what stands before the key in the peer id of an Ed25519 key
const PUBLIC_KEY = PEER_ID.subarray(2)
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

class Refused extends Error {}
const refuse = (status) => { throw new Refused(status) }
const need = (condition, status = 'NotCanonical') => { if (!condition) refuse(status) }

// ---- varints, protobuf, base58

function uvarint (bytes, at) {
  let value = 0
  for (let i = 0; i < 5 && at + i < bytes.length; i++) {
    value += (bytes[at + i] & 0x7f) * 2 ** (7 * i)
    if (bytes[at + i] < 0x80) return [value, at + i + 1]
  }
  return [-1, bytes.length]
}

const lengthFirst = (part) => {
  const length = []
  let n = part.length
  for (; n >= 0x80; n >>>= 7) length.push(n & 0x7f | 0x80)
  return Buffer.concat([Buffer.from([...length, n]), part])
}

// Fields 1, 2, 3 and 5, each bytes; nothing else is asked of an envelope.
function envelopeOf (bytes) {
  const fields = {}
  for (let at = 0; at < bytes.length;) {
    let tag, length
    ;[tag, at] = uvarint(bytes, at)
    ;[length, at] = uvarint(bytes, at)
    need(tag > 0 && (tag & 7) === 2 && length >= 0 && at + length <= bytes.length && fields[tag >> 3] === undefined, 'BadSignature')
    fields[tag >> 3] = bytes.subarray(at, at + length)
    at += length
  }
  return { key: fields[1] ?? Buffer.alloc(0), type: fields[2] ?? Buffer.alloc(0), payload: fields[3] ?? Buffer.alloc(0), signature: fields[5] ?? Buffer.alloc(0) }
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
function base58 (bytes) {
  let text = ''
  for (let n = BigInt('0x' + (bytes.toString('hex') || '0')); n > 0n; n /= 58n) text = ALPHABET[Number(n % 58n)] + text
  let zeros = 0
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++
  return '1'.repeat(zeros) + text
}

// ---- wire.md §1

class Reader {
  constructor (bytes) { this.bytes = bytes; this.at = 0 }
  take (n) { need(this.at + n <= this.bytes.length); this.at += n; return this.bytes.subarray(this.at - n, this.at) }
  number (n) { return this.take(n).reduce((value, byte) => value << 8n | BigInt(byte), 0n) }
  // A length behind one of three codes, each only where the shorter one is not enough.
  length (code, codes, least) {
    const which = codes.indexOf(code)
    need(which >= 0)
    const value = this.number(1 << which)
    need(value >= least[which])
    return Number(value)
  }

  array () {
    const [code] = this.take(1)
    if ((code & 0xf0) === 0x90) return code & 0x0f
    need(code === 0xdc || code === 0xdd)
    const value = this.number(code === 0xdc ? 2 : 4)
    need(value > (code === 0xdc ? 15n : 65535n))
    return Number(value)
  }

  uint (max) {
    const [code] = this.take(1)
    let value = BigInt(code)
    if (code > 0x7f) {
      need(code >= 0xcc && code <= 0xcf)
      value = this.number(1 << code - 0xcc)
      need(value >= [0x80n, 0x100n, 0x10000n, 0x100000000n][code - 0xcc])
    }
    need(value <= max)
    return value
  }

  bin (min, max) {
    const [code] = this.take(1)
    const length = this.length(code, [0xc4, 0xc5, 0xc6], [0n, 0x100n, 0x10000n])
    need(length >= min && length <= max)
    return this.take(length)
  }

  text (min, max) {
    const [code] = this.take(1)
    const length = (code & 0xe0) === 0xa0 ? code & 0x1f : this.length(code, [0xd9, 0xda, 0xdb], [32n, 0x100n, 0x10000n])
    need(length >= min && length <= max)
    const utf8 = this.take(length)
    let text
    try { text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(utf8) } catch { refuse('NotCanonical') }
    need(text.normalize('NFC') === text && !text.includes('\ufffe'))
    return text
  }

  bool () { const [code] = this.take(1); need(code === 0xc2 || code === 0xc3); return code === 0xc3 }
  nil () { const is = this.bytes[this.at] === 0xc0; if (is) this.at++; return is }
  end () { need(this.at === this.bytes.length) }
}

// ---- discovery.md §3

function recordOf (payload) {
  const r = new Reader(payload)
  const count = r.array()
  need(count > 0)
  need(r.uint(2n ** 64n - 1n) === 1n, 'UnknownVersion')
  need(count === 9)
  const record = { network: r.text(1, 64), node: r.bin(32, 32), sequence: r.uint(2n ** 63n - 1n), expires: r.uint(2n ** 63n - 1n), addresses: [], served: [], consent: null, coordinate: null }
  const addresses = r.array()
  need(addresses <= 16)
  for (let i = 0; i < addresses; i++) record.addresses.push(r.bin(1, 256))
  const served = r.array()
  need(served <= 32)
  for (let i = 0; i < served; i++) {
    need(r.array() === 12)
    const span = { model: r.bin(32, 32), name: r.text(1, 64), numericSpec: r.text(1, 64), layers: r.uint(4096n) }
    need(span.layers >= 1n)
    Object.assign(span, { embedding: r.bool(), start: r.uint(span.layers), end: r.uint(span.layers), head: r.bool() })
    need(span.start < span.end || (span.start === span.end && span.head))
    record.served.push({ ...span, cost: [r.uint(HOUR_US), r.uint(HOUR_US), r.uint(HOUR_US)], kvPositions: r.uint(2n ** 31n - 1n) })
  }
  if (!r.nil()) record.consent = r.bin(32, 32)
  if (!r.nil()) {
    need(r.array() === 5)
    record.coordinate = [0, 0, 0, 0, 0].map(() => r.uint(2n ** 32n - 1n))
  }
  r.end()
  return record
}

// ---- discovery.md §4, in its order

export function open (key, value, nowMs = Date.now()) {
  const text = Buffer.from(key).toString('latin1')
  const owner = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : ''
  need(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/.test(owner), 'BadKey')   // how base58 spells PEER_ID and 32 bytes; that it is these is seen below
  const bytes = Buffer.from(value)
  need(bytes.length <= MAX_BYTES, 'TooLong')
  const envelope = envelopeOf(bytes)
  need(envelope.key.length === 36 && envelope.key.subarray(0, 4).equals(PUBLIC_KEY) && envelope.type.toString('latin1') === TYPE, 'BadSignature')
  const raw = envelope.key.subarray(4)
  const signed = Buffer.concat([Buffer.from(DOMAIN), envelope.type, envelope.payload].map(lengthFirst))
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI, raw]), format: 'der', type: 'spki' })
  need(envelope.signature.length === 64 && verify(null, signed, publicKey, envelope.signature), 'BadSignature')
  need(base58(Buffer.concat([PEER_ID, raw])) === owner, 'Foreign')
  const record = recordOf(envelope.payload)
  need(record.node.equals(raw), 'Foreign')
  need(BigInt(nowMs) < record.expires, 'Expired')
  need(record.expires - BigInt(nowMs) <= MAX_LIFE_MS, 'TooLongLived')
  return record
}

export const validate = (key, value) => { open(key, value) }

export function select (key, values) {
  const sequence = (value) => { try { return recordOf(envelopeOf(Buffer.from(value)).payload).sequence } catch { return -1n } }
  const better = (a, b) => { const [x, y] = [sequence(a), sequence(b)]; return x !== y ? x > y : Buffer.compare(Buffer.from(a), Buffer.from(b)) > 0 }
  return values.reduce((best, value, i) => better(value, values[best]) ? i : best, 0)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  const vectors = JSON.parse(readFileSync(process.argv[2], 'utf8'))
  const wrong = []
  for (const one of vectors.cases) {
    let status = 'Done'
    try { open(Buffer.from(one.key, 'hex'), Buffer.from(one.envelope, 'hex'), one.nowUnixMs) } catch (e) { status = e instanceof Refused ? e.message : String(e) }
    if (status !== one.status) wrong.push(`${one.name}: ${status}, not ${one.status}`)
  }
  const order = vectors.order.values.map((value) => Buffer.from(value, 'hex'))
  if (select(null, order) !== vectors.order.best) wrong.push('order')
  console.log(JSON.stringify({ judged: vectors.cases.length + 1, wrong }))
}
