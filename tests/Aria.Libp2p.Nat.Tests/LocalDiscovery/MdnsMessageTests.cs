using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.LocalDiscovery;
using CsCheck;

namespace Aria.Libp2p.Nat.Tests.LocalDiscovery;

/// <summary>Question and answer of mDNS discovery.</summary>
public sealed class MdnsMessageTests
{
    private const string Name = "abcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly PeerId One = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(2);

    private static readonly Gen<Multiaddress> AnyAddress = Gen.Select(Gen.Int[1, 250], Gen.Int[1, 65535]).Select(one => Multiaddress.Parse($"/ip4/10.1.0.{one.Item1}/tcp/{one.Item2}/p2p/{One}"));

    [Fact]
    public void TheQuestion_AsksForTheService()
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("mdns", "question")), Convert.ToHexStringLower(MdnsMessages.Question().Encode()));
        Assert.True(MdnsMessages.Asks(Again(MdnsMessages.Question()), Name));
        Assert.False(MdnsMessages.Asks(new() { Questions = [new("_http._tcp.local", DnsType.Ptr)] }, Name));
        Assert.False(MdnsMessages.Asks(MdnsMessages.Question() with { IsResponse = true }, Name));
    }

    [Fact]
    public void AnAnswerOfOthers_IsRead()
    {
        Assert.True(DnsMessage.TryDecode(Vectors.Hex("mdns", "answer"), out DnsMessage? answer));
        PeerInfo read = Assert.Single(MdnsMessages.Read(answer));
        Assert.Equal((One, $"/ip4/10.1.0.2/tcp/4001/p2p/{One}"), (read.Id, Assert.Single(read.Addresses).ToString()));
        Assert.False(MdnsMessages.Asks(answer, Name));
    }

    [Fact]
    public void WhoKnowsTheAnswer_IsNotAnswered()
    {
        DnsMessage knowing = MdnsMessages.Question() with { Answers = [DnsRecord.Pointer(MdnsMessages.ServiceName, $"{Name}.{MdnsMessages.ServiceName}", 60)] };
        Assert.False(MdnsMessages.Asks(Again(knowing), Name));
        Assert.True(MdnsMessages.Asks(Again(knowing), "another"));
    }

    [Fact]
    public void TheAnswer_IsReadAgain() => AnyAddress.Array[1, 10].Sample(addresses =>
    {
        DnsMessage answer = MdnsMessages.Answer(Name, addresses, TimeToLive)!;
        PeerInfo read = Assert.Single(MdnsMessages.Read(Again(answer)));
        Assert.True(answer is { Id: 0, IsResponse: true, IsAuthoritative: true });
        Assert.Equal(One, read.Id);
        Assert.Equal(addresses.Distinct().ToHashSet(), [.. read.Addresses]);
    });

    [Fact]
    public void ManyAddresses_AreCutToOneDatagram()
    {
        DnsMessage answer = MdnsMessages.Answer(Name, Enumerable.Range(1, 25).Select(port => Multiaddress.Parse($"/ip6/2001:db8:1111:2222:3333:4444:5555:{port}/tcp/65535/p2p/{One}")), TimeToLive)!;
        Assert.InRange(answer.Encode().Length, 1000, MdnsMessages.MaxAnswerBytes);
    }

    [Fact]
    public void Loopback_RelayedAndNamelessAddresses_AreNotTold_AndNotHeard()
    {
        Multiaddress[] useless =
        [
            Multiaddress.Parse($"/ip4/127.0.0.1/tcp/1/p2p/{One}"), Multiaddress.Parse($"/ip4/10.1.0.1/tcp/1/p2p/{One}/p2p-circuit/p2p/{One}"), Multiaddress.Parse("/ip4/10.1.0.1/tcp/1"),
            Multiaddress.Parse($"/dns4/x.example/tcp/1/p2p/{One}"), Multiaddress.Parse($"/p2p/{One}"), Multiaddress.Parse($"/memory/1/p2p/{One}"),
        ];
        Assert.Null(MdnsMessages.Answer(Name, useless, TimeToLive));
        string name = $"{Name}.{MdnsMessages.ServiceName}";
        DnsMessage told = new()
        {
            IsResponse = true,
            Answers = [DnsRecord.Pointer(MdnsMessages.ServiceName, name, 60), DnsRecord.Text(name, useless.Select(one => System.Text.Encoding.ASCII.GetBytes($"dnsaddr={one}")), 60)],
        };
        Assert.Empty(MdnsMessages.Read(Again(told)));
        Assert.Empty(MdnsMessages.Read(Again(told with { IsResponse = false })));

        // Texts of another name than the service points to say nothing of it.
        Assert.Empty(MdnsMessages.Read(new() { IsResponse = true, Answers = [DnsRecord.Text(name, [System.Text.Encoding.ASCII.GetBytes($"dnsaddr=/ip4/10.1.0.1/tcp/1/p2p/{One}")], 60)] }));
    }

    [Fact]
    public void AFlood_IsBounded()
    {
        string name = $"{Name}.{MdnsMessages.ServiceName}";
        byte[][] texts = [.. Enumerable.Range(1, 60).Select(number => System.Text.Encoding.ASCII.GetBytes($"dnsaddr=/ip4/10.1.0.1/tcp/1/p2p/{PeerId.FromEd25519(Enumerable.Repeat((byte)number, 32).ToArray())}"))];
        Assert.Equal(MdnsMessages.MaxPeers, MdnsMessages.Read(new() { IsResponse = true, Answers = [DnsRecord.Pointer(MdnsMessages.ServiceName, name, 60), DnsRecord.Text(name, texts, 60)] }).Count);
        byte[][] same = [.. Enumerable.Range(1, 60).Select(port => System.Text.Encoding.ASCII.GetBytes($"dnsaddr=/ip4/10.1.0.1/tcp/{port}/p2p/{One}"))];
        Assert.Equal(MdnsMessages.MaxAddresses, Assert.Single(MdnsMessages.Read(new() { IsResponse = true, Answers = [DnsRecord.Pointer(MdnsMessages.ServiceName, name, 60), DnsRecord.Text(name, same, 60)] })).Addresses.Count);
    }

    [Fact]
    public void Names_AreRandom_AndOfTheirLength() => Assert.All(
        Enumerable.Range(0, 100).Select(_ => MdnsMessages.NewName()), name => Assert.True(name.Length is >= 32 and <= 63 && name.All(char.IsLetterOrDigit) && name != MdnsMessages.NewName()));

    // A datagram comes whole or not at all; somebody may cut it all the same.
    [Fact]
    public void CutAnywhere_OrLongerThanAllowed_IsRefused()
    {
        foreach (byte[] whole in (byte[][])[Vectors.Hex("mdns", "question"), Vectors.Hex("mdns", "answer")])
        {
            Assert.True(DnsMessage.TryDecode(whole, out _));
            Assert.All(Enumerable.Range(0, whole.Length), kept => Assert.False(DnsMessage.TryDecode(whole.AsSpan(0, kept), out _)));
        }

        byte[] filled = new byte[DnsMessage.MaxBytes];
        Vectors.Hex("mdns", "question").CopyTo(filled, 0);
        Assert.True(DnsMessage.TryDecode(filled, out _));
        Assert.False(DnsMessage.TryDecode([.. filled, 0], out _));
    }

    [Fact]
    public void AnyBytes_AreReadOrRefused() => AnyBytes.Feed(
        bytes => DnsMessage.TryDecode(bytes, out DnsMessage? message) && (MdnsMessages.Asks(message, Name) || MdnsMessages.Read(message).Count > 0),
        MdnsMessages.Question().Encode(), MdnsMessages.Answer(Name, [Multiaddress.Parse($"/ip4/10.1.0.1/tcp/1/p2p/{One}")], TimeToLive)!.Encode());

    private static DnsMessage Again(DnsMessage message)
    {
        Assert.True(DnsMessage.TryDecode(message.Encode(), out DnsMessage? again));
        return again;
    }
}
