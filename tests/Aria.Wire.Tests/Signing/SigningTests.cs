using Aria.Wire.Signing;

namespace Aria.Wire.Tests.Signing;

public sealed class SigningTests
{
    private static readonly byte[] Seed = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void Input_IsLengthPrefixed() =>
        Assert.Equal("0161" + "02" + "0301" + "03" + "ffeedd", Convert.ToHexStringLower(SignatureInput.Of("a", [3, 1], [0xff, 0xee, 0xdd])));

    [Fact]
    public void LongPart_TakesATwoByteLength() =>
        Assert.Equal([0x80, 0x01], SignatureInput.Of("", [], new byte[128]).AsSpan(2, 2).ToArray());

    [Fact]
    public void Key_IsRfc8032()
    {
        using SigningKey key = SigningKey.FromSeed(Convert.FromHexString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
        Assert.Equal("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", key.Id.ToString());
        Assert.StartsWith("e5564300c360ac729086e2cc806e828a", Convert.ToHexStringLower(key.SignRaw([])), StringComparison.Ordinal);
    }

    [Fact]
    public void Signature_HoldsForItsDomainTypeAndPayloadAlone()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        byte[] signature = key.Sign("domain", [1], [2]);
        Assert.True(SignatureInput.Verify(key.Id, "domain", [1], [2], signature));
        Assert.False(SignatureInput.Verify(key.Id, "other", [1], [2], signature));
        Assert.False(SignatureInput.Verify(key.Id, "domain", [2], [2], signature));
        Assert.False(SignatureInput.Verify(key.Id, "domain", [1], [3], signature));
        Assert.False(SignatureInput.Verify(default, "domain", [1], [2], signature));
        Assert.False(SignatureInput.Verify(key.Id, "domain", [1], [2], signature[..63]));
        signature[40] ^= 1;
        Assert.False(SignatureInput.Verify(key.Id, "domain", [1], [2], signature));
    }

    [Fact]
    public void DerivedKeys_DifferByPurposeAndRepeat()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        using SigningKey log = key.Derive("log/0"), again = key.Derive("log/0"), witness = key.Derive("witness/0");
        Assert.Equal(log.Id, again.Id);
        Assert.NotEqual(log.Id, witness.Id);
        Assert.NotEqual(log.Id, key.Id);
    }

    [Fact]
    public void SignedBytes_RoundTrip()
    {
        using SigningKey key = SigningKey.FromSeed(Seed);
        SignedBytes signed = SignedBytes.Seal(key, "d", [1], [1, 2, 3]);
        byte[] bytes = signed.Encode();
        Assert.True(SignedBytes.TryDecode(bytes, 3, out SignedBytes read));
        Assert.True(read.Verify(key.Id, "d", [1]));
        Assert.Equal(bytes, read.Encode());
        Assert.False(SignedBytes.TryDecode(bytes, 2, out _));
        Assert.False(SignedBytes.TryDecode(bytes.AsMemory(0, bytes.Length - 1), 3, out _));
        Assert.False(SignedBytes.TryDecode((byte[])[.. bytes, 0], 3, out _));
    }
}
