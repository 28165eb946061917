using System.Collections.Immutable;
using System.Text;
using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Identify;

/// <summary>
/// The message of identify and identify push: 1 public key, 2 listen addresses, 3 protocols, 4 observed address, 5 protocol version,
/// 6 agent version, 8 signed peer record. What a sender left out is null or empty; in a push that means unchanged.
/// </summary>
internal sealed record IdentifyMessage
{
    /// <summary>The most addresses and the most protocols that are taken from a peer; what is beyond is dropped.</summary>
    public const int MaxListed = 256;

    private const int MaxTextBytes = 256;

    public ReadOnlyMemory<byte> PublicKey { get; init; }

    public ImmutableArray<Multiaddress> ListenAddresses { get; init; } = [];

    public ImmutableArray<string> Protocols { get; init; } = [];

    public Multiaddress? ObservedAddress { get; init; }

    public string? ProtocolVersion { get; init; }

    public string? AgentVersion { get; init; }

    public ReadOnlyMemory<byte> SignedPeerRecord { get; init; }

    public byte[] Encode()
    {
        ProtobufWriter writer = new();
        if (ProtocolVersion is not null)
        {
            writer.Text(5, ProtocolVersion);
        }

        if (AgentVersion is not null)
        {
            writer.Text(6, AgentVersion);
        }

        if (!PublicKey.IsEmpty)
        {
            writer.Bytes(1, PublicKey.Span);
        }

        foreach (Multiaddress address in ListenAddresses)
        {
            writer.Bytes(2, address.Bytes);
        }

        if (ObservedAddress is not null)
        {
            writer.Bytes(4, ObservedAddress.Bytes);
        }

        foreach (string protocol in Protocols)
        {
            writer.Text(3, protocol);
        }

        if (!SignedPeerRecord.IsEmpty)
        {
            writer.Bytes(8, SignedPeerRecord.Span);
        }

        return writer.ToArray();
    }

    /// <summary>
    /// Reads one message. Unreadable addresses and overlong texts are dropped one by one; false only for bytes that are no protobuf
    /// or carry a field in the wrong wire type.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out IdentifyMessage message)
    {
        message = new();
        ImmutableArray<Multiaddress>.Builder addresses = ImmutableArray.CreateBuilder<Multiaddress>();
        ImmutableArray<string>.Builder protocols = ImmutableArray.CreateBuilder<string>();
        ProtobufReader reader = new(bytes);
        while (reader.TryRead(out ProtobufField field))
        {
            if (field.Number is 1 or 2 or 3 or 4 or 5 or 6 or 8 && !field.IsBytes)
            {
                return false;
            }

            switch (field.Number)
            {
                case 1:
                    message = message with { PublicKey = field.Bytes.ToArray() };
                    break;
                case 2 when addresses.Count < MaxListed && Multiaddress.TryParse(field.Bytes, out Multiaddress? address):
                    addresses.Add(address);
                    break;
                case 3 when protocols.Count < MaxListed && TextOf(field.Bytes) is { Length: > 0 } protocol:
                    protocols.Add(protocol);
                    break;
                case 4 when Multiaddress.TryParse(field.Bytes, out Multiaddress? observed):
                    message = message with { ObservedAddress = observed };
                    break;
                case 5:
                    message = message with { ProtocolVersion = TextOf(field.Bytes) };
                    break;
                case 6:
                    message = message with { AgentVersion = TextOf(field.Bytes) };
                    break;
                case 8:
                    message = message with { SignedPeerRecord = field.Bytes.ToArray() };
                    break;
            }
        }

        message = message with { ListenAddresses = addresses.DrainToImmutable(), Protocols = protocols.DrainToImmutable() };
        return !reader.IsMalformed;
    }

    /// <summary>This message with what <paramref name="later"/> says in place of what was said before.</summary>
    public IdentifyMessage Merge(IdentifyMessage later) => this with
    {
        PublicKey = later.PublicKey.IsEmpty ? PublicKey : later.PublicKey,
        ListenAddresses = later.ListenAddresses.IsEmpty ? ListenAddresses : later.ListenAddresses,
        Protocols = later.Protocols.IsEmpty ? Protocols : later.Protocols,
        ObservedAddress = later.ObservedAddress ?? ObservedAddress,
        ProtocolVersion = later.ProtocolVersion ?? ProtocolVersion,
        AgentVersion = later.AgentVersion ?? AgentVersion,
        SignedPeerRecord = later.SignedPeerRecord.IsEmpty ? SignedPeerRecord : later.SignedPeerRecord,
    };

    /// <summary>This message with the next part of the same answer: lists go on, as in any protobuf that comes in parts.</summary>
    public IdentifyMessage Append(IdentifyMessage next) => Merge(next) with
    {
        ListenAddresses = [.. ListenAddresses.Concat(next.ListenAddresses).Take(MaxListed)],
        Protocols = [.. Protocols.Concat(next.Protocols).Take(MaxListed)],
    };

    // Peers may name themselves as they like, within reason.
    private static string? TextOf(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxTextBytes && System.Text.Unicode.Utf8.IsValid(bytes) && Encoding.UTF8.GetString(bytes) is var text && !text.Any(char.IsControl) ? text : null;
}
