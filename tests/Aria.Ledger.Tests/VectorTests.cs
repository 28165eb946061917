using System.Globalization;
using System.Text;
using System.Text.Json;
using Aria.Ledger.Entries;
using Aria.Ledger.Notes;
using Aria.Ledger.Verification;
using Aria.Testing;
using Aria.Wire.Merkle;
using Aria.Wire.Signing;

namespace Aria.Ledger.Tests;

/// <summary>specs/vectors/ledger, written by another implementation.</summary>
public sealed class VectorTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "ledger", "vectors.json"))).RootElement;

    private static SigningKey Identity => SigningKey.FromSeed(Hex(Vectors, "identitySeed"));

    [Fact]
    public void NamesAndKeys()
    {
        using SigningKey identity = Identity;
        string origin = LedgerOrigin.Of(Text(Vectors, "network"), identity.Id, Vectors.GetProperty("epoch").GetInt32());
        Assert.Equal(Text(Vectors, "origin"), origin);
        using LedgerKeys keys = new(identity, origin);
        Assert.Equal(Text(Vectors, "logKey"), keys.Log.Id.ToString());
        Assert.Equal(Text(Vectors, "witnessKey"), keys.Witness.Id.ToString());
        Assert.Equal(Text(Vectors, "noteKeyId"), new NoteKey(origin, keys.Log.Id).Id.ToString("x8", CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Entries_AndTheHeadBehindEach()
    {
        using SigningKey identity = Identity;
        string origin = Text(Vectors, "origin");
        using LedgerKeys keys = new(identity, origin);
        EntryChain chain = new();
        Assert.Equal(Text(Vectors, "emptyHead"), Head(0, MerkleHash.Empty));
        foreach (JsonElement row in Vectors.GetProperty("log").EnumerateArray())
        {
            byte[] payload = row.GetProperty("payload").ValueKind == JsonValueKind.String
                ? Hex(row, "payload")
                : [.. Enumerable.Repeat(Convert.FromHexString(row.GetProperty("payloadRepeat")[0].GetString()!)[0], row.GetProperty("payloadRepeat")[1].GetInt32())];
            LedgerEntry entry = LedgerEntry.Seal(
                keys.Log, chain.Count, chain.Previous, row.GetProperty("time").GetInt64(), (EntryKind)row.GetProperty("kind").GetInt32(), payload);
            Assert.Equal(Text(row, "entryDigest"), Digest.Of(entry.Bytes.Span).ToString());
            Assert.Equal(Text(row, "leafHash"), entry.LeafHash.ToString());
            Assert.Equal(Text(row, "payloadDigest"), entry.PayloadDigest.ToString());
            Assert.Equal(EntryStatus.Done, LedgerEntry.TryDecode(entry.Bytes, out LedgerEntry? read));
            Assert.Equal(payload, read!.Payload.ToArray());
            Assert.Null(chain.Refuse(read));
            chain.Append(read);
            Assert.Equal(Text(row, "head"), Head(chain.Count, chain.Root));
        }

        string Head(long size, Digest root) => SignedNote.Sign(new Checkpoint(origin, size, root).ToText(), new(origin, keys.Log.Id), keys.Log).ToString();
    }

    [Fact]
    public void TheManifest()
    {
        using SigningKey identity = Identity;
        byte[] payload = Hex(Vectors.GetProperty("log")[0], "payload");
        Assert.Equal(EntryStatus.Done, NodeManifest.TryDecode(payload, out NodeManifest? manifest, out string? problem));
        Assert.Null(problem);
        Assert.Equal(identity.Id, manifest!.Identity);
        Assert.Equal(payload, manifest.Seal(identity));
    }

    [Fact]
    public void RefusedEntries_AreRefused() => Assert.All(
        Vectors.GetProperty("refusedEntries").EnumerateArray(),
        row => Assert.Equal(EntryStatus.NotCanonical, LedgerEntry.TryDecode(Hex(row, "bytes"), out _)));

    [Fact]
    public void RefusedNotes_AreRefused() => Assert.All(
        Vectors.GetProperty("refusedNotes").EnumerateArray(),
        row => Assert.False(SignedNote.TryParse(Encoding.UTF8.GetBytes(Text(row, "note")), out SignedNote? note) && Checkpoint.TryParse(note.Text, out _), Text(row, "what")));

    [Fact]
    public void Logs_GiveTheFindingsThatTheyMust()
    {
        foreach (JsonElement row in Vectors.GetProperty("checks").EnumerateArray())
        {
            ReadOnlyMemory<byte>? checkpoint = row.GetProperty("checkpoint").GetString() is { } note ? Encoding.UTF8.GetBytes(note) : default(ReadOnlyMemory<byte>?);
            NodeId? expected = row.GetProperty("expected").GetString() is { } hex && NodeId.TryParse(hex, out NodeId id) ? id : null;
            VerificationResult result = LedgerVerification.Verify(
                row.GetProperty("entries").EnumerateArray().Select(entry => new ReadOnlyMemory<byte>(Convert.FromHexString(entry.GetString()!))), checkpoint, expected);
            string findings = string.Join("; ", row.GetProperty("findings").EnumerateArray().Select(f => $"{Text(f, "subject")} {Text(f, "verdict")}").Order(StringComparer.Ordinal));
            string found = string.Join("; ", result.Findings.Select(f => $"{f.Subject} {f.Verdict}").Order(StringComparer.Ordinal));
            Assert.True(findings == found, $"{Text(row, "name")}: expected {findings}, found {string.Join("; ", result.Findings)}");
            Assert.Equal(Text(row, "verdict"), result.Verdict.ToString());
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static byte[] Hex(JsonElement element, string name) => Convert.FromHexString(Text(element, name));
}
