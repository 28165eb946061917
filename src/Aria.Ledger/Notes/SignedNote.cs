using System.Diagnostics.CodeAnalysis;
using System.Text;
using Aria.Wire.Signing;

namespace Aria.Ledger.Notes;

/// <summary>A text with signatures under it (C2SP signed-note). The signatures of unknown keys are kept and mean nothing.</summary>
public sealed class SignedNote
{
    /// <summary>Most bytes of a note.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Most signatures of a note.</summary>
    public const int MaxSignatures = 100;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures) => (Text, Signatures) = (text, signatures);

    /// <summary>The text with its last newline: what the signatures cover.</summary>
    public string Text { get; }

    /// <summary>The signatures in their order.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Signs a text, which ends in a newline, under a key's name.</summary>
    public static SignedNote Sign(string text, NoteKey name, SigningKey key) =>
        new(text, [new(name.Name, name.Id, key.SignRaw(Encoding.UTF8.GetBytes(text)))]);

    /// <summary>Reads a note; nothing is verified.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note)
    {
        note = null;
        if (bytes.Length > MaxBytes || !TryText(bytes, out string? all))
        {
            return false;
        }

        int end = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !all.EndsWith('\n') || all.AsSpan().ContainsAnyInRange('\0', '\x09') || all.AsSpan().ContainsAnyInRange('\x0B', '\x1F'))
        {
            return false;
        }

        string[] lines = all[(end + 2)..].Split('\n')[..^1];
        List<NoteSignature> signatures = [];
        foreach (string line in lines)
        {
            if (signatures.Count == MaxSignatures || !NoteSignature.TryParse(line, out NoteSignature? signature))
            {
                return false;
            }

            signatures.Add(signature);
        }

        note = signatures.Count == 0 ? null : new(all[..(end + 1)], signatures);
        return note is not null;
    }

    /// <summary>Whether <paramref name="key"/> signed: a signature of its name and id is there, and each of those verifies.</summary>
    public bool IsSignedBy(NoteKey key)
    {
        byte[] text = Encoding.UTF8.GetBytes(Text);
        NoteSignature[] own = [.. Signatures.Where(s => s.Name == key.Name && s.KeyId == key.Id)];
        return own.Length > 0 && own.All(s => key.Verify(text, s.Bytes.Span));
    }

    /// <summary>The note's bytes.</summary>
    public byte[] Encode() => Encoding.UTF8.GetBytes(ToString());

    /// <summary>The text, an empty line, the signatures.</summary>
    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(s => s + "\n"))}";

    private static bool TryText(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out string? text)
    {
        text = System.Text.Unicode.Utf8.IsValid(bytes) ? StrictUtf8.GetString(bytes) : null;
        return text is not null;
    }
}
