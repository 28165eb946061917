namespace Aria.Provenance.Records;

/// <summary>Names a record by the SHA-256 of its payload, so that signing again makes no second id.</summary>
public readonly record struct RecordId(Digest Digest)
{
    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> hex, out RecordId id)
    {
        bool ok = Digest.TryParse(hex, out Digest digest);
        id = new(digest);
        return ok;
    }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Digest.ToString();
}
