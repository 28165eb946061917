using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Aria.Libp2p.KadDht.Routing;

namespace Aria.Libp2p.KadDht.Tests;

/// <summary>Peers, contacts and keys for tests.</summary>
internal static class Samples
{
    /// <summary>A peer id by number.</summary>
    public static PeerId Peer(int number) => PeerId.FromEd25519(SHA256.HashData(Encoding.ASCII.GetBytes($"peer {number}")));

    public static PeerId Peer(Random random)
    {
        byte[] key = new byte[32];
        random.NextBytes(key);
        return PeerId.FromEd25519(key);
    }

    public static PeerInfo Info(PeerId peer, params string[] addresses) => new(peer, [.. addresses.Select(Multiaddress.Parse)]);

    public static Contact Contact(PeerId peer, params string[] addresses) => new(peer, KadKey.Of(peer), IpGroup.Of([.. addresses.Select(Multiaddress.Parse)], false));

    public static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);

    public static byte[] Multihash(string text) => [0x12, 0x20, .. SHA256.HashData(Bytes(text))];

    public static ImmutableDictionary<string, IRecordValidator> Validators { get; } =
        ImmutableDictionary<string, IRecordValidator>.Empty.Add("ariatest", new NumberedValidator());
}
