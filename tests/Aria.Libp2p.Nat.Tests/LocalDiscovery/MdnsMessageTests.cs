using Aria.Libp2p.Encodings;
using Aria.Libp2p.Nat.LocalDiscovery;
using Aria.Libp2p.Transports;
using CsCheck;

namespace Aria.Libp2p.Nat.Tests.LocalDiscovery;

/// <summary>Question and answer of mDNS discovery.</summary>
public sealed class MdnsMessageTests
{
    private const string Name = "abcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly MdnsMessages Messages = new(MdnsMessages.PublicServiceName);
    private static readonly PeerId One = PeerId.Parse("12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(2);

    private static readonly Gen<Multiaddress> AnyAddress = Gen.Select(Gen.Int[1, 250], Gen.Int[1, 65535]).Select(one => Multiaddress.Parse($"/ip4/10.1.0.{one.Item1}/tcp/{one.Item2}/p2p/{One}"));

    [Fact]
    public void TheQuestion_AsksForTheService()
    {
        Assert.Equal(Convert.ToHexStringLower(Vectors.Hex("mdns", "question")), Convert.ToHexStringLower(Messages.Question().Encode()));
        Assert.True(Messages.Asks(Again(Messages.Question()), Name));
        Assert.False(Messages.Asks(new() { Questions = [new("_http._tcp.local", DnsType.Ptr)] }, Name));
        Assert.False(Messages.Asks(Messages.Question() with { IsResponse = true }, Name));
    }

    [Fact]
    public void AnAnswerOfOthers_IsRead()
    {
        Assert.True(DnsMessage.TryDecode(Vectors.Hex("mdns", "answer"), out DnsMessage? answer));
        PeerInfo read = Assert.Single(Messages.Read(answer));
        Assert.Equal((One, $"/ip4/10.1.0.2/tcp/4001/p2p/{One}"), (read.Id, Assert.Single(read.Addresses).ToString()));
        Assert.False(Messages.Asks(answer, Name));
    }

    [Fact]
    public void APrivateNetwork_AsksAndAnswersUnderItsFingerprint()
    {
        PreSharedKey key = PreSharedKey.FromBytes([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        Assert.Equal("_p2p-41dfbf48d882a8ee665983adfa7a48f7._udp.local", MdnsMessages.ServiceNameOf(key));
        Assert.Equal(MdnsMessages.PublicServiceName, MdnsMessages.ServiceNameOf(null));
        MdnsMessages hidden = new(MdnsMessages.ServiceNameOf(key));
        Assert.True(hidden.Asks(Again(hidden.Question()), Name));
        Assert.False(Messages.Asks(Again(hidden.Question()), Name));
        Assert.False(hidden.Asks(Again(Messages.Question()), Name));
        DnsMessage answer = Again(hidden.Answer(Name, [Multiaddress.Parse($"/ip4/10.1.0.2/tcp/4001/p2p/{One}")], TimeToLive)!);
        Assert.Single(hidden.Read(answer));
        Assert.Empty(Messages.Read(answer));
    }

    [Fact]
    public void WhoAsksForThisPeersTexts_IsAnswered()
    {
        DnsMessage asking = new() { Questions = [new($"{Name.ToUpperInvariant()}.{MdnsMessages.PublicServiceName}", DnsType.Txt)] };
        Assert.True(Messages.Asks(Again(asking), Name));
        Assert.False(Messages.Asks(Again(asking), "another"));
        Assert.False(Messages.Asks(new() { Questions = [new($"{Name}.{MdnsMessages.PublicServiceName}", DnsType.A)] }, Name));
    }

    [Fact]
    public void WhoKnowsTheAnswer_IsNotAnswered()
    {
        DnsMessage knowing = Messages.Question() with { Answers = [DnsRecord.Pointer(MdnsMessages.PublicServiceName, $"{Name}.{MdnsMessages.PublicServiceName}", 60)] };
        Assert.False(Messages.Asks(Again(knowing), Name));
        Assert.True(Messages.Asks(Again(knowing), "another"));
    }

    [Fact]
    public void TheAnswer_IsReadAgain() => AnyAddress.Array[1, 10].Sample(addresses =>
    {
        DnsMessage answer = Messages.Answer(Name, addresses, TimeToLive)!;
        PeerInfo read = Assert.Single(Messages.Read(Again(answer)));
        Assert.True(answer is { Id: 0, IsResponse: true, IsAuthoritative: true });
        Assert.Equal(One, read.Id);
        Assert.Equal(addresses.Distinct().ToHashSet(), [.. read.Addresses]);
    });

    [Fact]
    public void ManyAddresses_AreCutToOneDatagram()
    {
        DnsMessage answer = Messages.Answer(Name, Enumerable.Range(1, 25).Select(port => Multiaddress.Parse($"/ip6/2001:db8:1111:2222:3333:4444:5555:{port}/tcp/65535/p2p/{One}")), TimeToLive)!;
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
        Assert.Null(Messages.Answer(Name, useless, TimeToLive));
        string name = $"{Name}.{MdnsMessages.PublicServiceName}";
        DnsMessage told = new()
        {
            IsResponse = true,
            Answers = [DnsRecord.Pointer(MdnsMessages.PublicServiceName, name, 60), DnsRecord.Text(name, useless.Select(one => System.Text.Encoding.ASCII.GetBytes($"dnsaddr={one}")), 60)],
        };
        Assert.Empty(Messages.Read(Again(told)));
        Assert.Empty(Messages.Read(Again(told with { IsResponse = false })));

        // Texts of another name than the service points to say nothing of it.
        Assert.Empty(Messages.Read(new() { IsResponse = true, Answers = [DnsRecord.Text(name, [System.Text.Encoding.ASCII.GetBytes($"dnsaddr=/ip4/10.1.0.1/tcp/1/p2p/{One}")], 60)] }));
    }

    [Fact]
    public void AFlood_IsBounded()
    {
        string name = $"{Name}.{MdnsMessages.PublicServiceName}";
        byte[][] texts = [.. Enumerable.Range(1, 60).Select(number => System.Text.Encoding.ASCII.GetBytes($"dnsaddr=/ip4/10.1.0.1/tcp/1/p2p/{PeerId.FromEd25519(Enumerable.Repeat((byte)number, 32).ToArray())}"))];
        Assert.Equal(MdnsMessages.MaxPeers, Messages.Read(new() { IsResponse = true, Answers = [DnsRecord.Pointer(MdnsMessages.PublicServiceName, name, 60), DnsRecord.Text(name, texts, 60)] }).Count);
        byte[][] same = [.. Enumerable.Range(1, 60).Select(port => System.Text.Encoding.ASCII.GetBytes($"dnsaddr=/ip4/10.1.0.1/tcp/{port}/p2p/{One}"))];
        Assert.Equal(MdnsMessages.MaxAddresses, Assert.Single(Messages.Read(new() { IsResponse = true, Answers = [DnsRecord.Pointer(MdnsMessages.PublicServiceName, name, 60), DnsRecord.Text(name, same, 60)] })).Addresses.Count);
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
        bytes => DnsMessage.TryDecode(bytes, out DnsMessage? message) && (Messages.Asks(message, Name) || Messages.Read(message).Count > 0),
        Messages.Question().Encode(), Messages.Answer(Name, [Multiaddress.Parse($"/ip4/10.1.0.1/tcp/1/p2p/{One}")], TimeToLive)!.Encode());

    private static DnsMessage Again(DnsMessage message)
    {
        Assert.True(DnsMessage.TryDecode(message.Encode(), out DnsMessage? again));
        return again;
    }
}
