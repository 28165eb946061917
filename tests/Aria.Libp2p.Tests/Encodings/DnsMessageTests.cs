using System.Net;
using Aria.Libp2p.Encodings;
using CsCheck;

namespace Aria.Libp2p.Tests.Encodings;

/// <summary>DNS messages in bytes.</summary>
public sealed class DnsMessageTests
{
    // A server's answer to "_dnsaddr.example.org TXT?", its name compressed, with an option record behind it.
    private const string Answer =
        "12348180000100010000000108" + "5f646e7361646472076578616d706c65036f726700" + "00100001"
        + "c00c" + "0010000100000e10" + "0018" + "17646e73616464723d2f6970342f312e322e332e342f74637000"
        + "0000291000000000000000";

    private static readonly Gen<string> AnyLabel = Gen.String[Gen.Char[' ', '~'], 1, 12].Select(Escaped);
    private static readonly Gen<string> AnyName = AnyLabel.Array[0, 5].Select(labels => string.Join('.', labels));

    private static readonly Gen<DnsRecord> AnyRecord = Gen.Select(Gen.Int[0, 4], AnyName, AnyName, Gen.UInt, Gen.Byte.Array[0, 200].Array[0, 3], (kind, name, target, seconds, texts) => kind switch
    {
        0 => DnsRecord.Pointer(name, target, seconds),
        1 => DnsRecord.Alias(name, target, seconds),
        2 => DnsRecord.Text(name, texts, seconds, replacesOthers: true),
        3 => DnsRecord.Of(name, IPAddress.Loopback, seconds),
        _ => DnsRecord.Of(name, IPAddress.IPv6Loopback, seconds),
    });

    private static readonly Gen<DnsMessage> AnyMessage = Gen.Select(Gen.UShort, Gen.Int[0, 63], AnyName, AnyRecord.Array[0, 6], AnyRecord.Array[0, 3], (id, flags, name, answers, additional) => new DnsMessage
    {
        Id = id,
        IsResponse = (flags & 1) != 0,
        IsAuthoritative = (flags & 2) != 0,
        IsTruncated = (flags & 4) != 0,
        WantsRecursion = (flags & 8) != 0,
        ResponseCode = flags >> 4,
        Questions = [new(name, DnsType.Txt, (flags & 1) != 0)],
        Answers = [.. answers],
        Additional = [.. additional],
    });

    [Fact]
    public void AnAnswerWithCompressedNames_IsRead()
    {
        string hex = Answer.Replace("0018" + "17646e73616464723d2f6970342f312e322e332e342f74637000", "0018" + "17" + Convert.ToHexString("dnsaddr=/ip4/1.2.3.4/tc"u8), StringComparison.Ordinal);
        Assert.True(DnsMessage.TryDecode(Convert.FromHexString(hex), out DnsMessage? message));
        Assert.True(message is { Id: 0x1234, IsResponse: true, WantsRecursion: true, IsTruncated: false, ResponseCode: 0 });
        Assert.Equal(new("_dnsaddr.example.org", DnsType.Txt), Assert.Single(message.Questions));
        DnsRecord record = Assert.Single(message.Answers);
        Assert.Equal(("_dnsaddr.example.org", DnsType.Txt, 3600u), (record.Name, record.Type, record.SecondsToLive));
        Assert.Equal("dnsaddr=/ip4/1.2.3.4/tc"u8.ToArray(), Assert.Single(record.Texts));
        Assert.Empty(message.Additional);       // the option record is of no Internet class
    }

    [Fact]
    public void AQuestion_IsWrittenAsRfc1035Says() => Assert.Equal(
        "1234" + "0100" + "0001" + "0000" + "0000" + "0000" + "0161026273" + "00" + "0010" + "0001",
        Convert.ToHexStringLower(new DnsMessage { Id = 0x1234, WantsRecursion = true, Questions = [new("a.bs", DnsType.Txt)] }.Encode()));

    [Fact]
    public void WhatIsWritten_IsReadAgain() => AnyMessage.Sample(message =>
        DnsMessage.TryDecode(message.Encode(), out DnsMessage? again)
        && (again.Id, again.IsResponse, again.IsAuthoritative, again.IsTruncated, again.WantsRecursion, again.ResponseCode)
            == (message.Id, message.IsResponse, message.IsAuthoritative, message.IsTruncated, message.WantsRecursion, message.ResponseCode)
        && again.Questions.SequenceEqual(message.Questions)
        && again.Answers.Concat(again.Additional).Select(Shown).SequenceEqual(message.Answers.Concat(message.Additional).Select(Shown)));

    [Fact]
    public void AMessage_CutAnywhere_IsRefused()
    {
        byte[] whole = new DnsMessage { Questions = [new("a.b", DnsType.Ptr)], Answers = [DnsRecord.Pointer("a.b", "c.d", 1), DnsRecord.Text("e", ["f"u8.ToArray()], 2)] }.Encode();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.False(DnsMessage.TryDecode(whole.AsSpan(0, length), out _));
        }

        Assert.True(DnsMessage.TryDecode(whole, out _));
        Assert.False(DnsMessage.TryDecode(new byte[DnsMessage.MaxBytes + 1], out _));
    }

    [Theory]
    [InlineData("c00c")]                     // to itself
    [InlineData("c00e")]                     // forwards
    [InlineData("0161c00c")]                 // round in a circle
    [InlineData("40")]                       // a length that is none
    [InlineData("80")]
    public void NamesThatLeadNowhere_AreRefused(string name) =>
        Assert.False(DnsMessage.TryDecode(Convert.FromHexString("00000000" + "0001" + "000000000000" + name + "00100001"), out _));

    [Fact]
    public void ALongName_IsRefused()
    {
        string longest = string.Join('.', Enumerable.Repeat(new string('a', 63), 3)) + "." + new string('a', 61);
        Assert.NotEmpty(new DnsMessage { Questions = [new(longest, DnsType.A)] }.Encode());
        Assert.Throws<FormatException>(() => new DnsMessage { Questions = [new(longest + "a", DnsType.A)] }.Encode());
        Assert.Throws<FormatException>(() => new DnsMessage { Questions = [new(new string('a', 64), DnsType.A)] }.Encode());
        Assert.Throws<FormatException>(() => new DnsMessage { Questions = [new("a..b", DnsType.A)] }.Encode());
    }

    [Fact]
    public void AnyBytes_AreReadOrRefused() => AnyBytesTests.Feed("DNS message", Convert.FromHexString(Answer), bytes =>
    {
        if (!DnsMessage.TryDecode(bytes, out DnsMessage? message))
        {
            return false;
        }

        Assert.True(DnsMessage.TryDecode(message.Encode(), out _));
        return true;
    });

    private static string Shown(DnsRecord record) => $"{record.Name} {record.Type} {record.SecondsToLive} {record.ReplacesOthers} {Convert.ToHexString(record.Data)} {record.Target}";

    private static string Escaped(string label) => string.Concat(label.Select(symbol => symbol switch
    {
        '.' or '\\' => $"\\{symbol}",
        ' ' => "\\032",
        _ => symbol.ToString(),
    }));
}
