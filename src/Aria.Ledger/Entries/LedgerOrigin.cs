using System.Text;

namespace Aria.Ledger.Entries;

/// <summary>A log's name, unique to network, node and epoch: <c>aria.NETWORK/node/BASE32/eEPOCH</c> (specs/ledger.md §1).</summary>
public static class LedgerOrigin
{
    /// <summary>Most characters of a network id.</summary>
    public const int MaxNetworkLength = 64;

    /// <summary>Most characters of an origin.</summary>
    public const int MaxLength = 160;

    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>The name of a node's log.</summary>
    /// <exception cref="ArgumentException">The network id is empty, too long, or holds more than ASCII letters, digits, dot, hyphen and underscore.</exception>
    public static string Of(string networkId, NodeId node, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        return IsNetworkId(networkId)
            ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"aria.{networkId}/node/{Base32(Digest.Of(node.Key.Span).Span)}/e{epoch}")
            : throw new ArgumentException($"A network id has 1 to {MaxNetworkLength} ASCII letters, digits, dots, hyphens and underscores.", nameof(networkId));
    }

    /// <summary>Whether <paramref name="text"/> may stand for a network.</summary>
    public static bool IsNetworkId(string text) =>
        text.Length is > 0 and <= MaxNetworkLength && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    // RFC 4648 §6, lower case, no padding.
    private static string Base32(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new();
        int held = 0, bits = 0;
        foreach (byte b in bytes)
        {
            held = (held << 8) | b;
            bits += 8;
            for (; bits >= 5; bits -= 5)
            {
                text.Append(Alphabet[(held >> (bits - 5)) & 31]);
            }

            held &= (1 << bits) - 1;
        }

        return bits == 0 ? text.ToString() : text.Append(Alphabet[(held << (5 - bits)) & 31]).ToString();
    }
}
