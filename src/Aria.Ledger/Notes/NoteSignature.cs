using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Aria.Ledger.Notes;

/// <summary>One line under a note: <c>— NAME BASE64(key id ‖ signature)</c>.</summary>
public sealed record NoteSignature(string Name, uint KeyId, ReadOnlyMemory<byte> Bytes)
{
    private const string Dash = "— ";

    /// <summary>The line, without its newline.</summary>
    public override string ToString()
    {
        byte[] bytes = new byte[4 + Bytes.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyId);
        Bytes.Span.CopyTo(bytes.AsSpan(4));
        return $"{Dash}{Name} {Convert.ToBase64String(bytes)}";
    }

    internal static bool TryParse(string line, [NotNullWhen(true)] out NoteSignature? signature)
    {
        signature = null;
        string[] parts = line.Split(' ');
        if (!line.StartsWith(Dash, StringComparison.Ordinal) || parts.Length != 3 || !NoteKey.IsName(parts[1])
            || !Base64.TryDecode(parts[2], out byte[] bytes) || bytes.Length < 5)
        {
            return false;
        }

        signature = new(parts[1], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(4));
        return true;
    }
}
