using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Aria.Libp2p.Encodings;
using Aria.Libp2p.Transports;

namespace Aria.Libp2p.Nat.LocalDiscovery;

/// <summary>
/// The question and the answer of libp2p's mDNS discovery: a pointer from the service to a random name, and texts of that name with the addresses. <paramref name="serviceName"/> is what all peers of the network
/// ask for.
/// </summary>
internal sealed class MdnsMessages(string serviceName)
{
    /// <summary>What all peers ask for that are in no private network.</summary>
    public const string PublicServiceName = "_p2p._udp.local";

    /// <summary>The longest answer: one datagram that no link divides.</summary>
    public const int MaxAnswerBytes = 1400;

    /// <summary>Peers that are read from one message.</summary>
    public const int MaxPeers = 32;

    /// <summary>Addresses that are read of one peer.</summary>
    public const int MaxAddresses = 25;

    private const int NameChars = 40;
    private const int MaxTextBytes = 255;
    private const string TextPrefix = "dnsaddr=";
    private const string NameAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>The name that peers of one private network ask for, so that neither those of another nor of none find them.</summary>
    public static string ServiceNameOf(PreSharedKey? network) => network is null ? PublicServiceName : $"_p2p-{Convert.ToHexStringLower(network.Fingerprint())}._udp.local";

    /// <summary>A random name, which says nothing of the peer and is no other's.</summary>
    public static string NewName() => RandomNumberGenerator.GetString(NameAlphabet, NameChars);

    public DnsMessage Question() => new() { Questions = [new(serviceName, DnsType.Ptr)] };

    /// <summary>True for a message that asks who is there and does not know this peer's answer already, or that asks for this peer's texts.</summary>
    public bool Asks(DnsMessage message, string ownName) =>
        !message.IsResponse
        && ((message.Questions.Any(one => one.Type is DnsType.Ptr or DnsType.Any && IsService(one.Name))
                && !message.Answers.Any(known => string.Equals(known.Target, NameOf(ownName), StringComparison.OrdinalIgnoreCase)))
            || message.Questions.Any(one => one.Type is DnsType.Txt or DnsType.Any && string.Equals(one.Name, NameOf(ownName), StringComparison.OrdinalIgnoreCase)));

    /// <summary>Who this peer is and where, as many addresses as find room; null where there is none to tell.</summary>
    public DnsMessage? Answer(string ownName, IEnumerable<Multiaddress> addresses, TimeSpan timeToLive)
    {
        uint seconds = (uint)timeToLive.TotalSeconds;
        string name = NameOf(ownName);
        byte[][] texts = [.. addresses.Where(IsTold).Select(address => Encoding.ASCII.GetBytes($"{TextPrefix}{address}")).Where(text => text.Length <= MaxTextBytes).Take(MaxAddresses)];
        for (int count = texts.Length; count > 0; count--)
        {
            DnsMessage answer = new()
            {
                IsResponse = true,
                IsAuthoritative = true,
                Answers = [DnsRecord.Pointer(serviceName, name, seconds)],
                Additional = [DnsRecord.Text(name, texts.Take(count), seconds, replacesOthers: true)],
            };
            if (answer.Encode().Length <= MaxAnswerBytes)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>The peers that an answer tells of, with addresses that end in their ids.</summary>
    public IReadOnlyList<PeerInfo> Read(DnsMessage message)
    {
        if (!message.IsResponse)
        {
            return [];
        }

        DnsRecord[] records = [.. message.Answers, .. message.Additional];
        string[] names = [.. records.Where(record => record.Type == DnsType.Ptr && IsService(record.Name)).Select(record => record.Target).OfType<string>()];
        ImmutableArray<Multiaddress> addresses =
        [
            .. records.Where(record => record.Type == DnsType.Txt && names.Contains(record.Name, StringComparer.OrdinalIgnoreCase)).SelectMany(record => record.Texts)
                .Select(Encoding.Latin1.GetString).Where(text => text.StartsWith(TextPrefix, StringComparison.Ordinal))
                .Select(text => Multiaddress.TryParse(text[TextPrefix.Length..], out Multiaddress? address) ? address : null).OfType<Multiaddress>().Where(IsTold).Distinct(),
        ];
        return [.. addresses.GroupBy(address => address.Peer!).Take(MaxPeers).Select(group => new PeerInfo(group.Key, [.. group.Take(MaxAddresses)]))];
    }

    // Only what others on the link can use: an IP address of this machine's own, not loopback, no relay.
    private static bool IsTold(Multiaddress address) =>
        address.Peer is not null && address.Parts.Length > 1 && !address.IsRelayed && address.TryGetIPAddress(out IPAddress? ip) && !IPAddress.IsLoopback(ip) && !ip.Equals(IPAddress.Any);

    private string NameOf(string ownName) => $"{ownName}.{serviceName}";

    private bool IsService(string name) => string.Equals(name, serviceName, StringComparison.OrdinalIgnoreCase);
}
