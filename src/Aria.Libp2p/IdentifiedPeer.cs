using System.Collections.Immutable;

namespace Aria.Libp2p;

/// <summary>What an authenticated peer told about itself over <c>/ipfs/id/1.0.0</c>, pushes merged in.</summary>
/// <param name="Id">The authenticated peer.</param>
/// <param name="AgentVersion">Its software, as it calls itself; empty where it said nothing.</param>
/// <param name="ProtocolVersion">The protocol family it names; empty where it said nothing.</param>
/// <param name="Protocols">The protocols that it serves now.</param>
/// <param name="ListenAddresses">Where it says that it listens, each ending in <c>/p2p/&lt;id&gt;</c>. A claim, save where a signed record bears it.</param>
/// <param name="ObservedAddress">Where it sees this peer's end of the connection, or null.</param>
public sealed record IdentifiedPeer(
    PeerId Id,
    string AgentVersion,
    string ProtocolVersion,
    ImmutableArray<string> Protocols,
    ImmutableArray<Multiaddress> ListenAddresses,
    Multiaddress? ObservedAddress)
{
    /// <summary>The envelope of its newest <see cref="PeerRecord"/>, verified, to be handed on to others; empty where it gave none.</summary>
    public ReadOnlyMemory<byte> SignedRecord { get; init; }
}
