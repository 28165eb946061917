using System.Text;
using System.Text.Unicode;

namespace Aria.Libp2p.Encodings;

/// <summary>A name of up to 255 bytes of UTF-8, without slashes, spaces and control characters.</summary>
internal sealed class TextAddressValue : AddressValue
{
    private const int MaxBytes = 255;

    public override byte[]? Encode(string text) => IsPlain(text) && Encoding.UTF8.GetBytes(text) is { Length: > 0 and <= MaxBytes } bytes ? bytes : null;

    public override string? Print(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxBytes && Utf8.IsValid(bytes) && Encoding.UTF8.GetString(bytes) is var text && IsPlain(text) ? text : null;

    private static bool IsPlain(string text) => !text.Any(c => c == '/' || IsBlank(c));

    internal static bool IsBlank(char c) => char.IsControl(c) || char.IsWhiteSpace(c);
}

/// <summary>The path of a Unix socket: in text the rest of the address, in bytes with a slash before it.</summary>
internal sealed class PathAddressValue : AddressValue
{
    public override bool TakesRest => true;

    public override byte[]? Encode(string text) => IsPath(text) ? Encoding.UTF8.GetBytes("/" + text) : null;

    public override string? Print(ReadOnlySpan<byte> bytes) =>
        bytes[0] == (byte)'/' && Utf8.IsValid(bytes) && Encoding.UTF8.GetString(bytes[1..]) is var text && IsPath(text) ? text : null;

    private static bool IsPath(string text) => text.Length > 0 && text[^1] != '/' && !text.Any(TextAddressValue.IsBlank);
}

/// <summary>The path of a URL: percent-encoded in text.</summary>
internal sealed class UrlPathAddressValue : AddressValue
{
    public override byte[]? Encode(string text) => text.Any(TextAddressValue.IsBlank) || text.Length == 0 ? null : Encoding.UTF8.GetBytes(Uri.UnescapeDataString(text));

    public override string? Print(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Uri.EscapeDataString(Encoding.UTF8.GetString(bytes)) : null;
}
