// The js end of benchmarks/Aria.Libp2p.Benchmarks: takes the commands that CommandedPeer.cs takes, one JSON object per line, and answers each on a line.
import './shim.mjs'
import { createInterface } from 'node:readline'
import { createLibp2p } from 'libp2p'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { identify } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'

const ECHO = '/test/echo/1'
const PERF = '/perf/1.0.0'
const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')
const many = { maxInboundStreams: 1024, maxOutboundStreams: 1024 }

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionMonitor: { enabled: false }, // it would end busy connections
  connectionGater: { denyDialMultiaddr: () => false },
  connectionManager: { inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1000, maxConnections: 5000 },
  services: { identify: identify(), ping: ping() }
})

async function fill (stream, bytes, size) {
  const block = new Uint8Array(size)
  for (let left = bytes; left > 0; left -= size) if (!stream.send(left < size ? block.subarray(0, left) : block)) await stream.onDrain()
}

await node.handle(ECHO, async (stream) => { for await (const chunk of stream) { if (!stream.send(chunk)) await stream.onDrain() } await stream.close() }, many)
await node.handle(PERF, async (stream) => {
  const head = Buffer.alloc(8)
  let n = 0
  for await (const chunk of stream) { if (n < 8) Buffer.from(chunk.subarray()).copy(head, n); n += chunk.byteLength }
  await fill(stream, Number(head.readBigUInt64BE()), 65536)
  await stream.close()
}, many)

async function measure (peer, upload, download, block) {
  const stream = await node.dialProtocol(peerIdFromString(peer), PERF, many)
  const head = Buffer.alloc(8)
  head.writeBigUInt64BE(BigInt(download))
  const sending = (async () => { if (!stream.send(head)) await stream.onDrain(); await fill(stream, upload, block); await stream.close() })()
  let n = 0
  for await (const chunk of stream) n += chunk.byteLength
  await sending
  if (n !== download) throw new Error(`${n} bytes came`)
}

async function timeEach (count, timed, before) {
  const microseconds = []
  for (let i = 0; i < count; i++) {
    await before?.()
    const start = process.hrtime.bigint()
    await timed()
    microseconds.push(Number(process.hrtime.bigint() - start) / 1000)
  }
  return { microseconds }
}

const commands = {
  dial: async ({ addr }) => { await node.dial(multiaddr(addr)); return {} },
  transfer: async ({ peer, upload, download, block, streams }) => {
    const start = performance.now()
    await Promise.all(Array.from({ length: streams }, () => measure(peer, upload, download, block)))
    return { seconds: (performance.now() - start) / 1000 }
  },
  echo: async ({ peer, count }) => {
    const stream = await node.dialProtocol(peerIdFromString(peer), ECHO)
    const question = new Uint8Array(32)
    const answers = stream[Symbol.asyncIterator]()
    const times = await timeEach(count, async () => { stream.send(question); await answers.next() })
    await stream.close()
    return times
  },
  pings: async ({ peer, count }) => timeEach(count, () => node.services.ping.ping(peerIdFromString(peer))),
  dials: async ({ addr, count }) => { const to = multiaddr(addr); const peer = peerIdFromString(addr.split('/').at(-1)); return timeEach(count, () => node.dial(to), () => node.hangUp(peer)) },
  usage: async () => { const u = process.cpuUsage(); return { cpuSeconds: (u.user + u.system) / 1e6, allocatedBytes: 0 } }
}
say({ ready: true, peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String), node: process.version })
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  const q = JSON.parse(line)
  Promise.resolve().then(() => commands[q.cmd](q)).then((r) => say({ ...r, id: q.id, ok: true }), (e) => say({ id: q.id, ok: false, error: `${e.name}: ${e.message}` }))
})
lines.on('close', async () => { await node.stop(); process.exit(0) })
