namespace Aria.Ledger.Notes;

/// <summary>Base64 in the one spelling that encoding gives: padded, without white space, unused bits zero.</summary>
internal static class Base64
{
    /// <summary>Decodes text of exactly the buffer's length in bytes.</summary>
    public static bool TryDecode(string text, Span<byte> bytes) =>
        Convert.TryFromBase64String(text, bytes, out int written) && written == bytes.Length && Convert.ToBase64String(bytes) == text;

    /// <summary>Decodes text of any length.</summary>
    public static bool TryDecode(string text, out byte[] bytes)
    {
        byte[] buffer = new byte[(text.Length / 4 * 3) + 3];
        bool ok = Convert.TryFromBase64String(text, buffer, out int written) && Convert.ToBase64String(buffer.AsSpan(0, written)) == text;
        bytes = ok ? buffer[..written] : [];
        return ok;
    }
}
