namespace Aria;

/// <summary>Names a model by the SHA-256 of its manifest (specs/model.md): equal ids mean equal logical weights, tokenizer and numeric rules.</summary>
public readonly record struct ModelId(Digest Digest) : IComparable<ModelId>
{
    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out ModelId id)
    {
        bool ok = Digest.TryParse(hex, out Digest digest);
        id = new(digest);
        return ok;
    }

    /// <summary>Bytewise order.</summary>
    public int CompareTo(ModelId other) => Digest.CompareTo(other.Digest);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Digest.ToString();

    /// <summary>Bytewise order.</summary>
    public static bool operator <(ModelId left, ModelId right) => left.CompareTo(right) < 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >(ModelId left, ModelId right) => left.CompareTo(right) > 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator <=(ModelId left, ModelId right) => left.CompareTo(right) <= 0;

    /// <summary>Bytewise order.</summary>
    public static bool operator >=(ModelId left, ModelId right) => left.CompareTo(right) >= 0;
}
