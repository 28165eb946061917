using System.Buffers;
using System.Text;
using MessagePack;

namespace Aria.Wire.Canonical;

/// <summary>
/// Writes the deterministic MessagePack subset of specs/wire.md §1: arrays of fixed order, shortest integers, bin, NFC text, booleans, nil.
/// Each call adds one element; the caller writes as many elements as each array announced.
/// </summary>
public sealed class CanonicalWriter
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>Announces an array of <paramref name="count"/> elements.</summary>
    public CanonicalWriter Array(int count)
    {
        MessagePackWriter writer = new(_output);
        writer.WriteArrayHeader(count);
        writer.Flush();
        return this;
    }

    /// <summary>A non-negative integer, in its shortest form.</summary>
    public CanonicalWriter UInt(ulong value)
    {
        MessagePackWriter writer = new(_output);
        writer.Write(value);
        writer.Flush();
        return this;
    }

    /// <summary>True or false.</summary>
    public CanonicalWriter Bool(bool value)
    {
        MessagePackWriter writer = new(_output);
        writer.Write(value);
        writer.Flush();
        return this;
    }

    /// <summary>The absent value.</summary>
    public CanonicalWriter Nil()
    {
        MessagePackWriter writer = new(_output);
        writer.WriteNil();
        writer.Flush();
        return this;
    }

    /// <summary>Text, normalised to NFC, as UTF-8.</summary>
    /// <exception cref="ArgumentException">The text holds a lone surrogate or U+FFFE.</exception>
    public CanonicalWriter Text(string value)
    {
        MessagePackWriter writer = new(_output);
        writer.WriteString(StrictUtf8.GetBytes(value.Normalize(NormalizationForm.FormC)));
        writer.Flush();
        return this;
    }

    /// <summary>Bytes.</summary>
    public CanonicalWriter Bytes(ReadOnlySpan<byte> value)
    {
        MessagePackWriter writer = new(_output);
        writer.Write(value);
        writer.Flush();
        return this;
    }

    /// <summary>Elements already written by another writer, as they are.</summary>
    public CanonicalWriter Raw(ReadOnlySpan<byte> elements)
    {
        _output.Write(elements);
        return this;
    }

    /// <summary>A copy of all that was written.</summary>
    public byte[] ToArray() => _output.WrittenSpan.ToArray();

    internal static UTF8Encoding StrictUtf8 { get; } = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
