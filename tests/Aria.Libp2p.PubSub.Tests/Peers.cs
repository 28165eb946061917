using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Aria.Libp2p.PubSub.Tests;

/// <summary>Identities by number, the same in every run.</summary>
internal static class Peers
{
    private static readonly ConcurrentDictionary<int, Identity> Made = new();

    public static Identity Identity(int number) => Made.GetOrAdd(number, static number =>
    {
        byte[] seed = new byte[Libp2p.Identity.SeedBytes];
        BinaryPrimitives.WriteInt32BigEndian(seed, number);
        return Libp2p.Identity.FromSeed(seed);
    });

    public static PeerId Id(int number) => Identity(number).PeerId;
}
