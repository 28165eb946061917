using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace Aria.Libp2p.Tests;

public sealed class MultihashTests
{
    [Fact]
    public void EveryVector_IsReadWhateverItsFunction_AndSha256IsComputed()
    {
        Dictionary<string, (ulong Code, Func<byte[], byte[]>? Hash)> functions = new()
        {
            ["sha1"] = (0x11, SHA1.HashData), ["sha2-256"] = (0x12, SHA256.HashData), ["sha2-512"] = (0x13, SHA512.HashData), ["sha3"] = (0x14, null),
        };
        foreach (JsonElement vector in Vectors.Section("multihash").EnumerateArray())
        {
            byte[] bytes = Convert.FromHexString(vector.GetProperty("multihash").GetString()!), input = Encoding.ASCII.GetBytes(vector.GetProperty("input").GetString()!);
            int length = vector.GetProperty("bits").GetInt32() / 8;
            (ulong code, Func<byte[], byte[]>? hash) = functions[vector.GetProperty("function").GetString()!];
            Assert.True(Multihash.TryRead(bytes, out ulong readCode, out ReadOnlySpan<byte> digest));
            Assert.Equal((code, length), (readCode, digest.Length));
            Assert.Equal(bytes, Multihash.Of(code, hash is null ? digest : hash(input).AsSpan(0, length)));
            Assert.Equal(code == Multihash.Sha256Code && length == 32, PeerId.TryFromBytes(bytes, out _));
            if (code == Multihash.Sha256Code && length == 32)
            {
                Assert.Equal(bytes, Multihash.OfSha256(input));
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("1220")]
    [InlineData("120300")]                  // a byte short
    [InlineData("12010000")]                // one too many
    [InlineData("92000100")]                // a number that is longer than it need be
    [InlineData("12810000")]
    [InlineData("00ffffffffffffffff7f")]    // more than anybody's digest
    public void OtherBytes_AreNone(string hex) => Assert.False(Multihash.TryRead(Convert.FromHexString(hex), out _, out _));

    [Fact]
    public void EveryDigest_ComesBack() => Gen.Select(Gen.ULong[0, 1 << 20], Gen.Byte.Array[0, Multihash.MaxDigestBytes]).Sample((code, digest) =>
        Multihash.TryRead(Multihash.Of(code, digest), out ulong read, out ReadOnlySpan<byte> back) && read == code && back.SequenceEqual(digest));

    [Fact]
    public void TooLongADigest_IsMisuse() => Assert.Throws<ArgumentOutOfRangeException>(() => Multihash.Of(Multihash.IdentityCode, new byte[Multihash.MaxDigestBytes + 1]));
}
