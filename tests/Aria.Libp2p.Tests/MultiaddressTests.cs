using System.Net;
using System.Text.Json;
using Aria.Testing;

namespace Aria.Libp2p.Tests;

public sealed class MultiaddressTests
{
    [Fact]
    public void Vectors_AgreeBothWays()
    {
        foreach (JsonProperty vector in Vectors.Section("multiaddr").EnumerateObject())
        {
            byte[] bytes = Convert.FromHexString(vector.Value.GetString()!);
            Multiaddress parsed = Multiaddress.Parse(vector.Name);
            Assert.Equal(bytes, parsed.Bytes.ToArray());
            Assert.True(Multiaddress.TryParse(bytes, out Multiaddress? read), vector.Name);
            Assert.Equal(vector.Name, read.ToString());
            Assert.Equal(parsed, read);
            Assert.Equal(parsed.GetHashCode(), read.GetHashCode());
        }
    }

    [Fact]
    public void EverySpellingThatOthersAccept_IsReadAndKeptInBytesAndText()
    {
        foreach (string text in Vectors.Section("multiaddrAccepted").EnumerateArray().Select(one => one.GetString()!))
        {
            Assert.True(Multiaddress.TryParse(text, out Multiaddress? parsed), text);
            Assert.True(Multiaddress.TryParse(parsed.Bytes, out Multiaddress? read), text);
            Assert.Equal(parsed, read);
            Assert.Equal(parsed, Multiaddress.Parse(read.ToString()));
        }
    }

    [Fact]
    public void EverySpellingThatOthersRefuse_IsRefused() =>
        Assert.All(Vectors.Section("multiaddrRefused").EnumerateArray().Select(one => one.GetString()!), text => Assert.False(Multiaddress.TryParse(text, out _), text));

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/127/webrtc-direct", "047f00000106007f9802")]
    [InlineData("/unix/tmp/a.sock", "90030b2f746d702f612e736f636b")]
    [InlineData("/http-path/tmp%2Fbar", "e10307746d702f626172")]
    [InlineData("/ip4/192.0.2.0/ipcidr/24", "04c00002002b18")]
    [InlineData("/sni/example.com/tls", "c1030b6578616d706c652e636f6dc003")]
    [InlineData("/certhash/uEgNrEzQ", "d2030512036b1334")]
    public void ValuesOfEveryKind_HaveTheirBytes(string text, string hex)
    {
        Assert.Equal(hex, Convert.ToHexStringLower(Multiaddress.Parse(text).Bytes));
        Assert.True(Multiaddress.TryParse(Convert.FromHexString(hex), out Multiaddress? read));
        Assert.Equal(text, read.ToString());
    }

    [Theory]
    [InlineData("bc030000000000000000000000")]          // an onion's port is missing
    [InlineData("bc03000000000000000000000000")]        // or 0
    [InlineData("90030461626364")]                      // a path without its slash
    [InlineData("9003022f2f")]
    [InlineData("9003022f61" + "060050")]               // something behind a path
    [InlineData("d203021203")]                          // no multihash
    [InlineData("e10301ff")]
    [InlineData("bf0301" + "00")]
    [InlineData("a50300")]
    public void BytesOfNoValue_AreNoAddress(string hex) => Assert.False(Multiaddress.TryParse(Convert.FromHexString(hex), out _));

    [Theory]
    [InlineData("/ip4/127.0.0.1/tcp/4321", "047f0000010610e1")]
    [InlineData("/ip4/127.0.0.1/udp/1234", "047f000001910204d2")]
    [InlineData("/memory/7", "89060000000000000007")]
    public void KnownAddresses_HaveTheirBytes(string text, string hex) =>
        Assert.Equal(hex, Convert.ToHexStringLower(Multiaddress.Parse(text).Bytes));

    [Theory]
    [InlineData("/ip4/1.2.3.4/tcp/80/ipfs/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "/ip4/1.2.3.4/tcp/80/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [InlineData("/ip4/1.2.3.4/tcp/0080/", "/ip4/1.2.3.4/tcp/80")]
    [InlineData("/ip6/0:0:0:0:0:0:0:1/tcp/1", "/ip6/::1/tcp/1")]
    [InlineData("/ip6/2001:DB8::1/tcp/1", "/ip6/2001:db8::1/tcp/1")]
    public void OtherSpellings_PrintTheUsualOne(string text, string printed) => Assert.Equal(printed, Multiaddress.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("ip4/1.2.3.4")]
    [InlineData("/ip4")]
    [InlineData("/ip4/::1")]
    [InlineData("/ip4/1.2.3")]
    [InlineData("/ip4/01.2.3.4")]
    [InlineData("/ip4/0x7f.0.0.1")]
    [InlineData("/ip4/fdpsofodsajfdoisa")]
    [InlineData("/ip6")]
    [InlineData("/ip6/127.0.0.1")]
    [InlineData("/ip6/[::1]/tcp/1")]
    [InlineData("/ip6/fe80::1%eth0/tcp/1")]
    [InlineData("/ip6zone")]
    [InlineData("/ip6zone/")]
    [InlineData("/ip6zone//ip6/fe80::1")]
    [InlineData("/tcp")]
    [InlineData("/tcp/65536")]
    [InlineData("/tcp/-1")]
    [InlineData("/tcp/ 1")]
    [InlineData("/ip4/127.0.0.1/tcp")]
    [InlineData("/ip4/127.0.0.1/udp/jfodsajfidosajfoidsa")]
    [InlineData("/ip4/127.0.0.1/p2p")]
    [InlineData("/ip4/127.0.0.1/p2p/tcp")]
    [InlineData("/ip4/127.0.0.1/tcp/1//p2p-circuit")]
    [InlineData("/nosuch/1")]
    [InlineData("/http-path/")]
    [InlineData("/certhash/mEgNrEzQ")]   // a base that nobody prints
    [InlineData("/unix//")]
    [InlineData("/dns4/two words/tcp/1")]
    [InlineData("/memory/18446744073709551616")]
    public void OtherTexts_AreNoAddresses(string text)
    {
        Assert.False(Multiaddress.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Multiaddress.Parse(text));
    }

    [Fact]
    public void OversizedAddresses_AreRefused()
    {
        Assert.False(Multiaddress.TryParse(string.Concat(Enumerable.Repeat("/tcp/1", Multiaddress.MaxParts + 1)), out _));
        Assert.True(Multiaddress.TryParse(string.Concat(Enumerable.Repeat("/tcp/1", Multiaddress.MaxParts)), out _));
        Assert.False(Multiaddress.TryParse("/dns4/" + new string('a', 256), out _));
        Assert.False(Multiaddress.TryParse(new string('/', 1_000_000), out _));
        Assert.False(Multiaddress.TryParse(new byte[Multiaddress.MaxBytes + 1], out _));
    }

    [Fact]
    public void CutAddresses_AreRefusedOrShorterAddresses()
    {
        foreach (JsonProperty vector in Vectors.Section("multiaddr").EnumerateObject())
        {
            byte[] bytes = Convert.FromHexString(vector.Value.GetString()!);
            for (int cut = 0; cut < bytes.Length; cut++)
            {
                if (Multiaddress.TryParse(bytes.AsSpan(0, cut), out Multiaddress? shorter))
                {
                    Assert.StartsWith(shorter.ToString(), vector.Name, StringComparison.Ordinal);
                }
            }
        }
    }

    [Fact]
    public void UnknownProtocols_MakeAnAddressUnreadable() => Assert.False(Multiaddress.TryParse([0x04, 127, 0, 0, 1, 0x22, 0, 1], out _));

    [Fact]
    public void Peer_IsTakenAddedAndReplaced()
    {
        PeerId one = PeerId.Parse(Vectors.Text("identity", "peerId")), two = PeerId.Parse(Vectors.Text("identity2", "peerId"));
        Multiaddress bare = Multiaddress.Parse("/ip4/127.0.0.1/tcp/4001");
        Assert.Null(bare.Peer);
        Assert.Same(bare, bare.WithoutPeer());
        Assert.Equal(one, bare.WithPeer(one).Peer);
        Assert.Equal(bare.WithPeer(two), bare.WithPeer(one).WithPeer(two));
        Assert.Equal(bare, bare.WithPeer(two).WithoutPeer());

        Multiaddress relayed = Multiaddress.Parse($"/ip4/1.2.3.4/tcp/1/p2p/{one}/p2p-circuit");
        Assert.True(relayed.IsRelayed);
        Assert.Null(relayed.Peer);
        Assert.Equal(two, relayed.WithPeer(two).Peer);
        Assert.Equal(relayed, relayed.WithPeer(two).WithoutPeer());
    }

    [Fact]
    public void EndPoints_BecomeAddresses()
    {
        Assert.Equal("/ip4/127.0.0.1/tcp/80", Multiaddress.FromEndPoint(new(IPAddress.Loopback, 80)).ToString());
        Assert.Equal("/ip4/10.0.0.1/tcp/80", Multiaddress.FromEndPoint(new(IPAddress.Parse("::ffff:10.0.0.1"), 80)).ToString());
        Assert.Equal("/ip6/fe80::1/tcp/80", Multiaddress.FromEndPoint(new(IPAddress.Parse("fe80::1%3"), 80)).ToString());
        Assert.True(Multiaddress.Parse("/ip6zone/eth0/ip6/fe80::1/tcp/1").TryGetIPAddress(out IPAddress? ip));
        Assert.Equal(IPAddress.Parse("fe80::1"), ip);
        Assert.False(Multiaddress.Parse("/dns4/localhost/tcp/1").TryGetIPAddress(out _));
    }

    [Fact]
    public void ArbitraryBytes_AreRefusedOrComeBack()
    {
        Random random = TestSeed.Random();
        byte[] seed = Vectors.Section("multiaddr").EnumerateObject().SelectMany(vector => Convert.FromHexString(vector.Value.GetString()!)).ToArray();
        for (int i = 0; i < 10_000; i++)
        {
            int start = random.Next(seed.Length), length = random.Next(Math.Min(60, seed.Length - start));
            byte[] bytes = seed[start..(start + length)];
            for (int flips = random.Next(3); flips > 0 && length > 0; flips--)
            {
                bytes[random.Next(length)] = (byte)random.Next(256);
            }

            if (Multiaddress.TryParse(bytes, out Multiaddress? address))
            {
                Assert.Equal(bytes, address.Bytes.ToArray());
                Assert.Equal(address, Multiaddress.Parse(address.ToString()));
            }
        }
    }
}
