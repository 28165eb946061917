using System.Collections.Immutable;

namespace Aria.Libp2p.Nat.Circuits;

/// <summary>The halves of <c>…/p2p/RELAY/p2p-circuit[/p2p/TARGET]</c>: one relay, never a relay behind another.</summary>
internal readonly record struct CircuitAddress(Multiaddress Relay, PeerId RelayId, PeerId? Target)
{
    public static bool TryRead(Multiaddress address, out CircuitAddress circuit)
    {
        circuit = default;
        ImmutableArray<MultiaddressPart> parts = address.Parts;
        int hop = parts.IndexOf(new("p2p-circuit", ""));
        bool endsWell = hop == parts.Length - 1 || (hop == parts.Length - 2 && parts[^1].Protocol == "p2p");
        if (hop < 1 || !endsWell || parts[hop - 1].Protocol != "p2p")
        {
            return false;
        }

        Multiaddress relay = Multiaddress.Parse(string.Concat(parts.Take(hop)));
        circuit = new(relay, relay.Peer!, hop == parts.Length - 1 ? null : address.Peer);
        return true;
    }

    /// <summary>The relayed address that leads through the relay at <paramref name="relay"/>, whose id it ends in already or gets.</summary>
    public static Multiaddress Through(Multiaddress relay, PeerId relayId) => Multiaddress.Parse($"{relay.WithPeer(relayId)}/p2p-circuit");
}
