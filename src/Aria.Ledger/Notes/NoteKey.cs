using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Aria.Wire.Signing;

namespace Aria.Ledger.Notes;

/// <summary>A name with an Ed25519 key that may sign notes under it (C2SP signed-note, "Verifier keys", type 0x01).</summary>
public sealed record NoteKey
{
    private const byte Ed25519 = 0x01;

    /// <summary>Joins a name and a key.</summary>
    /// <exception cref="ArgumentException">The name is empty or holds a space, a plus sign or a control character.</exception>
    public NoteKey(string name, NodeId key)
    {
        if (!IsName(name))
        {
            throw new ArgumentException("A key's name is not empty and holds no space, no plus sign and no control character.", nameof(name));
        }

        (Name, Key) = (name, key);
        Id = IdOf(name, [Ed25519, .. key.Key.Span]);
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The public key.</summary>
    public NodeId Key { get; }

    /// <summary>First four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key), big-endian.</summary>
    public uint Id { get; }

    /// <summary><c>NAME+ID+BASE64</c>.</summary>
    public override string ToString() => $"{Name}+{Id:x8}+{Convert.ToBase64String([Ed25519, .. Key.Key.Span])}";

    /// <summary>Reads <c>NAME+ID+BASE64</c> of an Ed25519 key.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NoteKey? key)
    {
        key = null;
        string[] parts = text.Split('+', 3);
        byte[] bytes = new byte[1 + Digest.Size];
        if (parts.Length != 3 || !IsName(parts[0]) || parts[1].Length != 8 || parts[1].AsSpan().ContainsAnyInRange('A', 'F')
            || !uint.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint id)
            || !Base64.TryDecode(parts[2], bytes) || bytes[0] != Ed25519 || IdOf(parts[0], bytes) != id)
        {
            return false;
        }

        key = new(parts[0], new(new Digest(bytes.AsSpan(1))));
        return true;
    }

    internal static bool IsName(ReadOnlySpan<char> name) => !name.IsEmpty && !name.ContainsAny(" +\u00A0\u2028\u2029") && !name.ContainsAnyInRange('\0', ' ');

    internal bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => SignatureInput.VerifyRaw(Key, text, signature);

    private static uint IdOf(string name, ReadOnlySpan<byte> typedKey) =>
        System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(Digest.Of([.. Encoding.UTF8.GetBytes(name), (byte)'\n', .. typedKey]).Span);
}
