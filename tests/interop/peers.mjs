// Many js-libp2p peers in one process, each with a Kademlia DHT in server mode: the js half of a mixed network. Driven like peer.mjs, by one
// JSON command a line; every command names its peer by "node", a number from 0.
//   node peers.mjs --count 10 [--kad /aria/kad/1.0.0]
// First line: {"ready":true,"peerId":…,"addrs":[…]} of peer 0; the others by {"cmd":"info","node":3}. It ends when stdin does.
import './shim.mjs'
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
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import * as Digest from 'multiformats/hashes/digest'

const arg = (name) => { const i = process.argv.indexOf(name); return i < 0 ? undefined : process.argv[i + 1] }
const say = (o) => process.stdout.write(JSON.stringify(o) + '\n')
const LONG = 60_000 // ms; what a busy machine may take for anything that has to come about
const patient = { networkDialTimeout: { minTimeout: LONG }, pingNewContactTimeout: { minTimeout: LONG }, pingOldContactTimeout: { minTimeout: LONG }, onPeerConnectTimeout: LONG, incomingMessageTimeout: LONG }
const enc = new TextEncoder(); const dec = new TextDecoder()
const seq = (value) => JSON.parse(dec.decode(value)).seq
const within = (ms) => ({ signal: AbortSignal.timeout(ms) })
const providerCid = (hex) => CID.createV1(raw.code, Digest.decode(Buffer.from(hex, 'hex')))

const start = () => createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  connectionGater: { denyDialMultiaddr: () => false },
  connectionMonitor: { abortConnectionOnPingFailure: false },
  connectionManager: {
    inboundConnectionThreshold: Infinity, maxIncomingPendingConnections: 1000, maxConnections: 1000,
    dialTimeout: LONG, addressDialTimeout: LONG, inboundUpgradeTimeout: LONG, inboundStreamProtocolNegotiationTimeout: LONG, outboundStreamProtocolNegotiationTimeout: LONG
  },
  services: {
    identify: identify({ timeout: LONG }),
    identifyPush: identifyPush({ timeout: LONG }),
    ping: ping({ timeout: LONG }),
    dht: kadDHT({
      protocol: arg('--kad') ?? '/aria/kad/1.0.0',
      clientMode: false,
      peerInfoMapper: passthroughMapper,
      validators: { ariatest: (key, value) => { if (!Number.isInteger(seq(value))) throw new Error('bad test record: no seq') } },
      selectors: { ariatest: (key, records) => records.map((r, i) => [seq(r), i]).sort((a, b) => b[0] - a[0])[0][1] },
      ...patient,
      initialQuerySelfInterval: 200,
      allowQueryWithZeroPeers: true
    })
  }
})
const nodes = await Promise.all(Array.from({ length: Number(arg('--count') ?? 10) }, start))
const commands = {
  info: (node) => ({ peerId: node.peerId.toString(), addrs: node.getMultiaddrs().map(String), table: node.services.dht.routingTable.size }),
  dial: async (node, { addr }) => { await node.dial(multiaddr(addr)); return {} },
  put: async (node, { key, value }) => { let stored = 0; for await (const ev of node.services.dht.put(enc.encode(key), enc.encode(value))) if (ev.name === 'PEER_RESPONSE' && ev.messageName === 'PUT_VALUE') stored++; return { stored } },
  get: async (node, { key }) => ({ value: dec.decode(await node.contentRouting.get(enc.encode(key), within(LONG))) }),
  provide: async (node, { multihash }) => { await node.contentRouting.provide(providerCid(multihash)); return {} },
  findProviders: async (node, { multihash }) => { const providers = []; for await (const p of node.contentRouting.findProviders(providerCid(multihash), within(LONG))) providers.push(p.id.toString()); return { providers } },
  findPeer: async (node, { peer }) => { const p = await node.peerRouting.findPeer(peerIdFromString(peer), within(LONG)); return { peer: p.id.toString(), addrs: p.multiaddrs.map(String) } }
}
say({ ready: true, peerId: nodes[0].peerId.toString(), addrs: nodes[0].getMultiaddrs().map(String) })
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => {
  if (!line.trim()) return
  const q = JSON.parse(line)
  Promise.resolve().then(() => commands[q.cmd](nodes[q.node ?? 0], q))
    .then((r) => say({ ...r, id: q.id, ok: true }), (e) => say({ id: q.id, ok: false, error: `${e.name}: ${e.message}` }))
})
lines.on('close', async () => { await Promise.all(nodes.map((node) => node.stop())); process.exit(0) })
