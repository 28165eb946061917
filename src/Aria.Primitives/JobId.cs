using System.Buffers.Binary;

namespace Aria;

/// <summary>Sixteen random bytes that name one generation on the wire, in receipts and in records.</summary>
public readonly record struct JobId(UInt128 Value)
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 16;

    /// <summary>Reads 16 big-endian bytes.</summary>
    /// <exception cref="ArgumentException">The span is not 16 bytes long.</exception>
    public static JobId FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Size
            ? new(BinaryPrimitives.ReadUInt128BigEndian(bytes))
            : throw new ArgumentException($"A job id has {Size} bytes, not {bytes.Length}.", nameof(bytes));

    /// <summary>The 16 big-endian bytes.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);
        return bytes;
    }

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}
