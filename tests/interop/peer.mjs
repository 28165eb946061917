// A scriptable js-libp2p peer, the other side of the interop tests: one JSON command per line on stdin, one JSON reply per line on stdout.
//   node peer.mjs [--listen /ip4/127.0.0.1/tcp/0 | --no-listen] [--kad /aria/kad/1.0.0] [--client] [--gossip] [--seed <64 hex> | --private-key <hex of its protobuf>] [--validator FILE.mjs]
//   [--circuits (dials and listens through relays)] [--relay-server] [--psk swarm.key] [--autonat] [--autonat-v2] [--dcutr] [--announce MULTIADDR (beside what it listens on)]
// First line: {"ready":true,"peerId":…,"addrs":[…]}. Events come as {"event":"identify",…}. It ends when stdin does.
// Everything below "node" is commands; {"id":7,"cmd":"dial","addr":…} is answered by {"id":7,"ok":true,…} or {"id":7,"ok":false,"error":…}.
import './shim.mjs'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { createLibp2p } from 'libp2p'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { tcp } from '@libp2p/tcp'
import { identify, identifyPush } from '@libp2p/identify'
import { ping } from '@libp2p/ping'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { multiaddr } from '@multiformats/multiaddr'
import { peerIdFromString } from '@libp2p/peer-id'
import { generateKeyPairFromSeed, privateKeyFromProtobuf } from '@libp2p/crypto/keys'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'

const ECHO = '/test/echo/1'
const PERF = '/perf/1.0.0'
const arg = (name) => { const i = process.argv.indexOf(name); return i < 0 ? undefined : process.argv[i + 1] }
const has = (name) => process.argv.includes(name)
const LONG = 60_000 // ms; what a busy machine may take for anything that has to come about
const patient = { networkDialTimeout: { minTimeout: LONG }, pingNewContactTimeout: { minTimeout: LONG }, pingOldContactTimeout: { minTimeout: LONG }, onPeerConnectTimeout: LONG, incomingMessageTimeout: LONG }
const enc = new TextEncoder(); const dec = new TextDecoder()
const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')

// "/ariatest/<anything>": a namespace for tests, UTF-8 JSON {seq, data}, the highest seq wins.
// "/aria/<anything>": without a validator module this peer bounds the size and keeps the first; a module exporting validate(key, value)
// and select(key, records) makes it judge.
const judge = arg('--validator') ? await import(new URL(arg('--validator'), 'file://' + process.cwd() + '/')) : undefined
const json = (value) => JSON.parse(dec.decode(value))
const validators = {
  ariatest: (key, value) => { if (!Number.isInteger(json(value).seq)) throw new Error('bad test record: no seq') },
  aria: (key, value) => { if (value.length > 8192) throw new Error('record too large'); return judge?.validate?.(key, value) }
}
const selectors = {
  ariatest: (key, records) => records.map((r, i) => [json(r).seq, i]).sort((a, b) => b[0] - a[0])[0][1],
  aria: (key, records) => judge?.select?.(key, records) ?? 0
}

async function fill (stream, bytes) { // sends so many bytes
  const block = new Uint8Array(65536)
  for (let left = bytes; left > 0; left -= block.length) if (!stream.send(left < block.length ? block.subarray(0, left) : block)) await stream.onDrain()
}

// What only some tests need is loaded for them alone.
const wanted = async (name, load) => has(name) ? await load() : undefined
const circuit = has('--circuits') || has('--relay-server') ? await import('@libp2p/circuit-relay-v2') : undefined
const pnet = await wanted('--psk', async () => (await import('@libp2p/pnet')).preSharedKey({ psk: readFileSync(arg('--psk')) }))
const autonat = await wanted('--autonat', async () => (await import('@libp2p/autonat')).autoNAT({ startupDelay: 100, refreshInterval: 500 }))
const autonatV2 = await wanted('--autonat-v2', async () => (await import('@libp2p/autonat-v2')).autoNATv2({ startupDelay: 100, refreshInterval: 500 }))
const pubsub = await wanted('--gossip', async () => (await import('@libp2p/gossipsub')).gossipsub({ allowPublishToZeroTopicPeers: true, emitSelf: false, gossipsubIWantFollowupMs: LONG /* a busy machine breaks no promise */ }))
const dcutr = await wanted('--dcutr', async () => (await import('@libp2p/dcutr')).dcutr({ timeout: LONG }))

const node = await createLibp2p({
  privateKey: arg('--private-key') ? privateKeyFromProtobuf(Buffer.from(arg('--private-key'), 'hex')) : arg('--seed') ? await generateKeyPairFromSeed('Ed25519', Buffer.from(arg('--seed'), 'hex')) : undefined,
  addresses: { listen: has('--no-listen') ? [] : [arg('--listen') ?? '/ip4/127.0.0.1/tcp/0'], appendAnnounce: has('--announce') ? [arg('--announce')] : [] },
  transports: [tcp(), ...(has('--circuits') ? [circuit.circuitRelayTransport()] : [])],
  ...(pnet ? { connectionProtector: pnet } : {}),
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  // A ping that a busy machine answers late would end the connection.
  connectionMonitor: { abortConnectionOnPingFailure: false },
  // The defaults, 5 inbound connections a second and 10 pending, are far too low for tests.
  connectionManager: {
    inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1000, maxConnections: 1000,
    dialTimeout: LONG, addressDialTimeout: LONG, inboundUpgradeTimeout: LONG, inboundStreamProtocolNegotiationTimeout: LONG, outboundStreamProtocolNegotiationTimeout: LONG
  },
  services: {
    identify: identify({ timeout: LONG }),
    identifyPush: identifyPush({ timeout: LONG }),
    ping: ping({ timeout: LONG }),
    ...(has('--relay-server') ? { relay: circuit.circuitRelayServer() } : {}),
    ...(autonat ? { autonat } : {}),
    ...(autonatV2 ? { autonatV2 } : {}),
    ...(dcutr ? { dcutr } : {}),
    ...(pubsub ? { pubsub } : {}),
    dht: kadDHT({
      protocol: arg('--kad') ?? '/aria/kad/1.0.0',
      clientMode: has('--client'),        // the default would be client
      peerInfoMapper: passthroughMapper,  // the default drops loopback addresses
      validators,
      selectors,
      ...patient,
      initialQuerySelfInterval: 200,
      allowQueryWithZeroPeers: true
    })
  }
})

await node.handle(ECHO, async (stream) => { for await (const chunk of stream) { if (!stream.send(chunk)) await stream.onDrain() } await stream.close() }, { maxInboundStreams: 1024, runOnLimitedConnection: true })
// The perf specification: a big-endian u64, how many bytes are wanted; any number of bytes, counted, and their end; then what was wanted, and the end.
await node.handle(PERF, async (stream) => {
  const head = Buffer.alloc(8)
  let n = 0
  for await (const chunk of stream) { if (n < 8) Buffer.from(chunk.subarray()).copy(head, n); n += chunk.byteLength }
  await fill(stream, Number(head.readBigUInt64BE()))
  await stream.close()
}, { maxInboundStreams: 1024 })
node.addEventListener('peer:identify', (e) => say({ event: 'identify', peer: e.detail.peerId.toString(), agent: e.detail.agentVersion, protocols: e.detail.protocols, listen: e.detail.listenAddrs.map(String), observed: e.detail.observedAddr?.toString(), signed: e.detail.signedPeerRecord != null }))
node.addEventListener('peer:update', (e) => say({ event: 'update', peer: e.detail.peer.id.toString(), protocols: e.detail.peer.protocols }))
node.addEventListener('peer:disconnect', (e) => say({ event: 'disconnect', peer: e.detail.toString() }))
// Messages by topic, as they came.
const heard = new Map()
node.services.pubsub?.addEventListener('message', (e) => heard.get(e.detail.topic)?.push({ from: e.detail.from?.toString(), data: dec.decode(e.detail.data) }))
// The hex of a sha2-256 multihash, 1220….
const providerCid = (hex) => CID.createV1(raw.code, Digest.decode(Buffer.from(hex, 'hex')))
const bytes = (q) => q.value64 === undefined ? enc.encode(q.value) : Uint8Array.from(Buffer.from(q.value64, 'base64'))
const within = (ms) => ({ signal: AbortSignal.timeout(ms) })
const commands = {
  info: () => ({ peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String), peers: node.getPeers().map(String), table: node.services.dht.routingTable.size, mode: node.services.dht.getMode() }),
  dial: async ({ addr }) => { const c = await node.dial(multiaddr(addr)); return { remote: c.remoteAddr.toString(), encryption: c.encryption, muxer: c.multiplexer, limited: c.limits != null } },
  connections: ({ peer }) => ({ connections: node.getConnections(peerIdFromString(peer)).map((c) => ({ remote: c.remoteAddr.toString(), limited: c.limits != null })) }),
  hangup: async ({ peer }) => { await node.hangUp(peerIdFromString(peer)); return {} },
  ping: async ({ peer }) => { // js allows one outbound ping stream per peer and its DHT pings new contacts itself: retry
    for (let i = 0; ; i++) { try { return { ms: await node.services.ping.ping(peerIdFromString(peer)) } } catch (e) { if (e.name !== 'TooManyOutboundProtocolStreamsError' || i > 60) throw e; await new Promise((resolve) => setTimeout(resolve, 50)) } }
  },
  echo: async ({ peer, size = 65536 }) => {
    const stream = await node.dialProtocol(peerIdFromString(peer), ECHO, { runOnLimitedConnection: true })
    const sent = new Uint8Array(size).map((_, i) => i * 31 + (i >> 8))
    const sending = (async () => { for (let i = 0; i < size; i += 65536) if (!stream.send(sent.subarray(i, i + 65536))) await stream.onDrain(); await stream.close() })(); sending.catch(() => {}) // told when it is awaited, which a failed read comes before
    let n = 0; let same = true
    for await (const chunk of stream) { const u = chunk.subarray(); for (let i = 0; i < u.length; i++) if (u[i] !== sent[n + i]) same = false; n += u.length }
    await sending
    return { bytes: n, same: same && n === size }
  },
  perf: async ({ peer, upload, download }) => {
    const stream = await node.dialProtocol(peerIdFromString(peer), PERF)
    const head = Buffer.alloc(8)
    head.writeBigUInt64BE(BigInt(download))
    const sending = (async () => { if (!stream.send(head)) await stream.onDrain(); await fill(stream, upload); await stream.close() })(); sending.catch(() => {}) // told when it is awaited, which a failed read comes before
    let n = 0
    for await (const chunk of stream) n += chunk.byteLength
    await sending
    return { came: n }
  },
  open: async ({ peer, protocol }) => { const s = await node.dialProtocol(peerIdFromString(peer), protocol); await s.close(); return {} },
  put: async (q) => { let stored = 0; const errors = []; for await (const ev of node.services.dht.put(enc.encode(q.key), bytes(q))) { if (ev.name === 'PEER_RESPONSE' && ev.messageName === 'PUT_VALUE') stored++; if (ev.name === 'QUERY_ERROR') errors.push(ev.error.name + ': ' + ev.error.message) } return { stored, errors } },
  get: async ({ key }) => { const v = await node.contentRouting.get(enc.encode(key), within(LONG)); return { value: dec.decode(v), value64: Buffer.from(v).toString('base64') } },
  provide: async ({ multihash }) => { await node.contentRouting.provide(providerCid(multihash)); return {} },
  findProviders: async ({ multihash }) => { const providers = []; for await (const p of node.contentRouting.findProviders(providerCid(multihash), within(LONG))) providers.push({ id: p.id.toString(), addrs: p.multiaddrs.map(String) }); return { providers } },
  findPeer: async ({ peer }) => { const p = await node.peerRouting.findPeer(peerIdFromString(peer), within(LONG)); return { peer: p.id.toString(), addrs: p.multiaddrs.map(String) } },
  closest: async ({ key }) => { const peers = []; for await (const p of node.peerRouting.getClosestPeers(Buffer.from(key, 'hex'), within(LONG))) peers.push(p.id.toString()); return { peers } },
  subscribe: ({ topic }) => { heard.set(topic, []); node.services.pubsub.subscribe(topic); return {} },
  unsubscribe: ({ topic }) => { node.services.pubsub.unsubscribe(topic); return {} },
  publish: async ({ topic, data, first = 0, count = 1 }) => { // data, or data0, data1, … from the first one on
    let recipients = []
    for (let i = first; i < first + count; i++) recipients = (await node.services.pubsub.publish(topic, enc.encode(count === 1 ? data : data + i))).recipients.map(String)
    return { recipients }
  },
  heard: ({ topic }) => { const all = heard.get(topic) ?? []; return { count: all.length, data: [...new Set(all.map((m) => m.data))] } },
  topic: ({ topic }) => ({ mesh: node.services.pubsub.getMeshPeers(topic), subscribers: node.services.pubsub.getSubscribers(topic).map(String) }),
  score: ({ peer }) => ({ score: node.services.pubsub.score.score(peer) }),
  protocols: async ({ peer }) => { const p = await node.peerStore.get(peerIdFromString(peer)); return { protocols: p.protocols, addrs: p.addresses.map((a) => a.multiaddr.toString()) } }
}
say({ ready: true, peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String), node: process.version })
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  if (!line.trim()) return
  let q; try { q = JSON.parse(line) } catch { return say({ error: 'bad json' }) }
  Promise.resolve().then(() => commands[q.cmd] ? commands[q.cmd](q) : Promise.reject(new Error('unknown cmd ' + q.cmd)))
    .then((r) => say({ ...r, id: q.id, ok: true }), (e) => say({ id: q.id, ok: false, error: `${e.name}: ${e.message}` }))
})
lines.on('close', async () => { await node.stop(); process.exit(0) })
