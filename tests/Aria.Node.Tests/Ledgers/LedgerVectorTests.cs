using System.Text;
using System.Text.Json;
using Aria.Node.Ledgers;
using Aria.Testing;
using Aria.Wire.Canonical;

namespace Aria.Node.Tests.Ledgers;

/// <summary>specs/vectors/node, written by another implementation.</summary>
public sealed class LedgerVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(Fixtures.RepositoryRoot, "specs", "vectors", "node", "messages.json"))).RootElement;

    [Fact]
    public void Messages_HaveTheSameBytes() => Assert.All(Vectors.GetProperty("messages").EnumerateArray(), row =>
    {
        byte[] bytes = Convert.FromHexString(row.GetProperty("bytes").GetString()!);
        LedgerMessage? message = LedgerCodec.Decode(bytes);
        Assert.NotNull(message);
        Assert.Equal(row.GetProperty("message").GetString(), NameOf(message));
        Assert.Equal(row.GetProperty("fields").EnumerateArray().Select(Show), FieldsOf(message));
        Assert.Equal(bytes, LedgerCodec.Encode(message));
        for (int cut = 0; cut < bytes.Length; cut++)
        {
            Assert.Null(LedgerCodec.Decode(bytes.AsMemory(0, cut)));
        }
    });

    [Fact]
    public void WhatIsNoMessage_IsRefused() => Assert.All(Vectors.GetProperty("refused").EnumerateArray(), row => Assert.Null(LedgerCodec.Decode(
        row.GetProperty("bytes").GetString() is { } hex
            ? Convert.FromHexString(hex)
            : new CanonicalWriter().Array(4).UInt(1).UInt(4).UInt(0).Array(1).Bytes(new byte[row.GetProperty("entryBytes").GetInt32()]).ToArray())));

    [Fact]
    public void ARefusalsText_IsCutAtACharacter()
    {
        string text = new string('x', LedgerProtocol.MaxTextBytes - 1) + "é" + "\uD800";
        LedgerMessage.Refused read = Assert.IsType<LedgerMessage.Refused>(LedgerCodec.Decode(LedgerCodec.Encode(new LedgerMessage.Refused(LedgerRefusalCode.Damaged, text))));
        Assert.Equal(text[..(LedgerProtocol.MaxTextBytes - 1)], read.Text);
        Assert.Equal("a\uFFFDb", LedgerCodec.Cut("a\uD800b", 10));
        Assert.Equal("é", LedgerCodec.Cut("e\u0301", 10));
        Assert.Equal("\uFFFD", LedgerCodec.Cut("\uFFFE", 10));
    }

    private static string Show(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? $"[{string.Join(',', element.EnumerateArray().Select(Show))}]" : element.GetString()!;

    private static string NameOf(LedgerMessage message) => message switch
    {
        LedgerMessage.GetHead => "get head",
        LedgerMessage.GetEntries => "get entries",
        LedgerMessage.GetTrace => "get trace",
        LedgerMessage.Head => "head",
        LedgerMessage.Entries => "entries",
        LedgerMessage.TracePart => "trace part",
        _ => "refused",
    };

    private static IEnumerable<string> FieldsOf(LedgerMessage message) => message switch
    {
        LedgerMessage.GetEntries get => [$"{get.From}", $"{get.Max}"],
        LedgerMessage.GetTrace get => [Convert.ToHexStringLower(get.Job.ToArray()), $"{get.Epoch}", $"{get.Stage}", $"{get.Offset}"],
        LedgerMessage.Head head => [Hex(head.Note)],
        LedgerMessage.Entries entries => [$"{entries.From}", $"[{string.Join(',', entries.Items.Select(Hex))}]"],
        LedgerMessage.TracePart part => [$"{part.TotalBytes}", $"{part.Offset}", Hex(part.Bytes)],
        LedgerMessage.Refused refused => [$"{(int)refused.Code}", refused.Text],
        _ => [],
    };

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(bytes.Span);
}
