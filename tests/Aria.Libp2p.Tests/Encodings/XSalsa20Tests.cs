using Aria.Libp2p.Encodings;

namespace Aria.Libp2p.Tests.Encodings;

/// <summary>The key stream of private networks.</summary>
public sealed class XSalsa20Tests
{
    // The stream vector of NaCl.
    private static readonly byte[] Key = Convert.FromHexString("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
    private static readonly byte[] Nonce = Convert.FromHexString("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");

    [Fact]
    public void TheStream_IsNaCls()
    {
        byte[] stream = new byte[32];
        new XSalsa20(Key, Nonce).Transform(stream, stream);
        Assert.Equal("eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880", Convert.ToHexStringLower(stream));
    }

    [Fact]
    public void InParts_ItIsTheSameStream()
    {
        byte[] whole = new byte[1000];
        new XSalsa20(Key, Nonce).Transform(whole, whole);
        Random random = Testing.TestSeed.Random();
        for (int times = 0; times < 200; times++)
        {
            XSalsa20 parts = new(Key, Nonce);
            byte[] stream = new byte[whole.Length];
            for (int at = 0; at < stream.Length;)
            {
                int count = Math.Min(random.Next(times % 2 == 0 ? 5 : 200), stream.Length - at);
                parts.Transform(new byte[count], stream.AsSpan(at, count));
                at += count;
            }

            Assert.Equal(whole, stream);
        }
    }
}
