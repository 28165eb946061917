using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Aria.Testing;
using Aria.Wire.Canonical;
using Aria.Wire.Framing;
using Aria.Wire.Merkle;
using Aria.Wire.Signing;

namespace Aria.Wire.Tests;

/// <summary>specs/vectors/wire, written by another implementation.</summary>
public sealed class VectorTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "wire", "vectors.json"))).RootElement;

    [Fact]
    public void AcceptedElements_HaveTheSameSpelling()
    {
        foreach (JsonElement row in Vectors.GetProperty("canonical").GetProperty("accepted").EnumerateArray())
        {
            CanonicalWriter writer = new();
            string? value = row.TryGetProperty("value", out JsonElement v) && v.ValueKind == JsonValueKind.String ? v.GetString() : null;
            int count = row.TryGetProperty("repeat", out JsonElement repeat) ? repeat[1].GetInt32() : 0;
            switch (Text(row, "kind"))
            {
                case "uint": writer.UInt(ulong.Parse(value!, CultureInfo.InvariantCulture)); break;
                case "bool": writer.Bool(v.GetBoolean()); break;
                case "nil": writer.Nil(); break;
                case "text": writer.Text(value ?? new string(repeat[0].GetString()![0], count)); break;
                case "bin": writer.Bytes(value is null ? [.. Enumerable.Repeat(Convert.FromHexString(repeat[0].GetString()!)[0], count)] : Convert.FromHexString(value)); break;
                default: writer.Array(int.Parse(value!, CultureInfo.InvariantCulture)); break;
            }

            byte[] bytes = writer.ToArray();
            Assert.Equal(count > 0 ? Text(row, "sha256") : Text(row, "bytes"), count > 0 ? Digest.Of(bytes).ToString() : Convert.ToHexStringLower(bytes));
            Assert.True(Reads(Text(row, "kind"), bytes));
        }
    }

    [Fact]
    public void RefusedElements_AreRefused()
    {
        foreach (JsonElement row in Vectors.GetProperty("canonical").GetProperty("refused").EnumerateArray())
        {
            Assert.False(Reads(Text(row, "kind"), Hex(row, "bytes")), Text(row, "what"));
        }
    }

    [Fact]
    public void Signatures()
    {
        JsonElement all = Vectors.GetProperty("signatures");
        using SigningKey key = SigningKey.FromSeed(Hex(all, "seed"));
        Assert.Equal(Text(all, "publicKey"), key.Id.ToString());
        foreach (JsonElement row in all.GetProperty("good").EnumerateArray())
        {
            byte[] payload = row.GetProperty("payload").GetString() is { } hex
                ? Convert.FromHexString(hex)
                : [.. Enumerable.Repeat(Convert.FromHexString(row.GetProperty("payloadRepeat")[0].GetString()!)[0], row.GetProperty("payloadRepeat")[1].GetInt32())];
            Assert.Equal(Text(row, "inputSha256"), Digest.Of(SignatureInput.Of(Text(row, "domain"), Hex(row, "type"), payload)).ToString());
            Assert.Equal(Text(row, "signature"), Convert.ToHexStringLower(key.Sign(Text(row, "domain"), Hex(row, "type"), payload)));
            Assert.True(SignatureInput.Verify(key.Id, Text(row, "domain"), Hex(row, "type"), payload, Hex(row, "signature")));
        }

        JsonElement bad = all.GetProperty("bad");
        foreach (JsonElement row in bad.GetProperty("cases").EnumerateArray())
        {
            Assert.True(NodeId.TryParse(Text(row, "signer"), out NodeId signer));
            Assert.False(
                SignatureInput.Verify(signer, Text(bad, "domain"), Hex(bad, "type"), Hex(bad, "payload"), Hex(row, "signature")), Text(row, "what"));
        }
    }

    [Fact]
    public void DerivedKeys()
    {
        JsonElement all = Vectors.GetProperty("derivedKeys");
        using SigningKey key = SigningKey.FromSeed(Hex(all, "seed"));
        foreach (JsonElement row in all.GetProperty("cases").EnumerateArray())
        {
            using SigningKey derived = key.Derive(Text(row, "purpose"));
            Assert.Equal(Text(row, "publicKey"), derived.Id.ToString());
        }
    }

    [Fact]
    public void Frames()
    {
        foreach (JsonElement row in Vectors.GetProperty("frames").EnumerateArray())
        {
            ArrayBufferWriter<byte> output = new();
            LengthPrefix.Write(output, Hex(row, "frame"));
            Assert.Equal(Text(row, "bytes"), Convert.ToHexStringLower(output.WrittenSpan));
            ReadOnlySequence<byte> input = new(Hex(row, "bytes"));
            Assert.Equal(OperationStatus.Done, LengthPrefix.TryRead(ref input, 300, out ReadOnlySequence<byte> frame));
            Assert.Equal(Text(row, "frame"), Convert.ToHexStringLower(frame.ToArray()));
        }
    }

    [Fact]
    public void RootsAndProofs()
    {
        JsonElement all = Vectors.GetProperty("merkle");
        Digest[] leaves = [.. all.GetProperty("leaves").EnumerateArray().Select(l => MerkleHash.Leaf(Convert.FromHexString(l.GetString()!)))];
        Digest[] roots = Digests(all, "roots");
        for (int size = 0; size < roots.Length; size++)
        {
            Assert.Equal(roots[size], MerkleHash.Root(leaves.AsSpan(0, size)));
        }

        foreach (JsonElement row in all.GetProperty("inclusion").EnumerateArray())
        {
            int index = row.GetProperty("index").GetInt32(), size = row.GetProperty("size").GetInt32();
            Assert.Equal(Digests(row, "proof"), InclusionProof.Build(leaves.AsSpan(0, size), index));
            Assert.True(InclusionProof.Verify(leaves[index], index, size, Digests(row, "proof"), roots[size]));
        }

        foreach (JsonElement row in all.GetProperty("consistency").EnumerateArray())
        {
            int old = row.GetProperty("old").GetInt32(), size = row.GetProperty("size").GetInt32();
            Assert.Equal(Digests(row, "proof"), ConsistencyProof.Build(leaves.AsSpan(0, size), old));
            Assert.True(ConsistencyProof.Verify(old, roots[old], size, roots[size], Digests(row, "proof")));
        }
    }

    private static bool Reads(string kind, byte[] bytes)
    {
        CanonicalReader reader = new(bytes);
        bool ok = kind switch
        {
            "uint" => reader.TryUInt(out _),
            "bool" => reader.TryBool(out _),
            "nil" => reader.TryNil(),
            "text" => reader.TryText(out _, 1 << 20),
            "bin" => reader.TryBytes(out _, 0, 1 << 20),
            _ => reader.TryArray(out _, 1 << 20),
        };
        return ok && reader.AtEnd;
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString()!;

    private static byte[] Hex(JsonElement row, string name) => Convert.FromHexString(Text(row, name));

    private static Digest[] Digests(JsonElement row, string name) =>
        [.. row.GetProperty(name).EnumerateArray().Select(d => new Digest(Convert.FromHexString(d.GetString()!)))];
}
