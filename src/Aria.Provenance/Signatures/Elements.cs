using Aria.Wire.Canonical;

namespace Aria.Provenance.Signatures;

/// <summary>Elements that several payloads share.</summary>
internal static class Elements
{
    public static CanonicalWriter Int(this CanonicalWriter writer, long value) => writer.UInt(checked((ulong)value));

    public static CanonicalWriter Digest(this CanonicalWriter writer, in Digest value) => writer.Bytes(value.Span);

    public static CanonicalWriter Job(this CanonicalWriter writer, JobId value) => writer.Bytes(value.ToArray());

    public static bool TryJob(this ref CanonicalReader reader, out JobId value)
    {
        bool ok = reader.TryBytes(out ReadOnlySpan<byte> bytes, JobId.Size, JobId.Size);
        value = ok ? JobId.FromBytes(bytes) : default;
        return ok;
    }

    public static bool TryNode(this ref CanonicalReader reader, out NodeId value)
    {
        bool ok = reader.TryDigest(out Digest key);
        value = new(key);
        return ok;
    }

    public static bool TryModel(this ref CanonicalReader reader, out ModelId value)
    {
        bool ok = reader.TryDigest(out Digest digest);
        value = new(digest);
        return ok;
    }

    public static bool TryName(this ref CanonicalReader reader, out string value)
    {
        bool ok = reader.TryText(out string? text, Limits.NameBytes) && text.Length > 0;
        value = text ?? "";
        return ok;
    }
}
