using System.Globalization;
using System.Text;
using Aria.Engine.Models;

namespace Aria.Engine.Text;

/// <summary>SentencePiece's pair merging: spaces as U+2581, one in front, characters merged by score, bytes for what has no token (specs/tokenizer.md §6).</summary>
internal sealed class SentencePieceTokenizer : Tokenizer
{
    private const char Space = '\u2581';
    private const uint NoToken = uint.MaxValue;

    private readonly Vocabulary _vocabulary;
    private readonly IReadOnlyList<float> _scores;
    private readonly AddedTokens _added;
    private readonly uint[] _byteTokens = new uint[256];
    private readonly bool _prefix;

    public SentencePieceTokenizer(TokenizerMetadata metadata)
        : this(metadata, new Vocabulary(metadata))
    {
    }

    private SentencePieceTokenizer(TokenizerMetadata metadata, Vocabulary vocabulary)
        : base(vocabulary, id => BytesOf(vocabulary, id))
    {
        if (metadata.RemoveExtraWhitespaces == true)
        {
            throw new ModelFormatException("The tokenizer removes white space from text (tokenizer.ggml.remove_extra_whitespaces), which is not supported.");
        }

        _vocabulary = vocabulary;
        _prefix = metadata.AddSpacePrefix ?? true;
        _scores = metadata.Scores ?? throw new ModelFormatException("The file has no scores (tokenizer.ggml.scores).");
        if (_scores.Count != vocabulary.Count || _scores.Any(float.IsNaN))
        {
            throw new ModelFormatException($"The vocabulary has {vocabulary.Count} tokens and {_scores.Count(score => !float.IsNaN(score))} scores.");
        }

        _added = new(vocabulary.AddedTokens);
        uint? unknown = metadata.Unknown is { } id ? vocabulary.Known(id, "unknown") : null;
        for (int value = 0; value < _byteTokens.Length; value++)
        {
            _byteTokens[value] = vocabulary.TryFind(Spelling(value), TokenKind.Byte, out uint token)
                ? token
                : unknown ?? throw new ModelFormatException($"The vocabulary has neither a token for the byte 0x{value:x2} nor one for the unknown.");
        }
    }

    internal override long Encode(ReadOnlySpan<char> text, List<uint> ids)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        // The prefix, then the text with every space replaced; a lone surrogate becomes U+FFFD here, so that the parts below are code points.
        string normalized = (_prefix ? " " : "") + Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToArray()));
        normalized = normalized.Replace(' ', Space);
        MergeQueue queue = new();
        long work = 0;
        ReadOnlySpan<char> rest = normalized;
        while (!rest.IsEmpty)
        {
            bool found = _added.TryFind(rest, out int at, out int length, out uint token);
            work += Merge(rest[..at], queue, ids);
            if (found)
            {
                ids.Add(token);
            }

            rest = rest[(at + length)..];
        }

        return work;
    }

    private protected override ReadOnlySpan<byte> WithoutPrefix(ReadOnlySpan<byte> bytes) => _prefix && bytes is [(byte)' ', ..] ? bytes[1..] : bytes;

    private static byte[] BytesOf(Vocabulary vocabulary, int id) => vocabulary.KindOf(id) switch
    {
        TokenKind.Normal or TokenKind.UserDefined => Encoding.UTF8.GetBytes(vocabulary.TextOf(id).Replace(Space, ' ')),
        TokenKind.Byte => [ByteOf(vocabulary.TextOf(id), id)],
        _ => [],
    };

    private static byte ByteOf(string spelling, int id) =>
        spelling is ['<', '0', 'x', _, _, '>'] && byte.TryParse(spelling.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : throw new ModelFormatException($"Token {id}, '{spelling}', has the type of a byte and is none.");

    private static string Spelling(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    private long Merge(ReadOnlySpan<char> text, MergeQueue queue, List<uint> ids)
    {
        MergeQueue.Symbol[] symbols = new MergeQueue.Symbol[text.Length];
        int count = 0;
        for (int at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out _, out int units);
            symbols[count++] = new(at, units, _vocabulary.TryText(text.Slice(at, units), out uint token) ? token : NoToken);
            at += units;
        }

        ScoreRule rule = new(this, text.ToString());
        int left = queue.Run(ref rule, symbols.AsSpan(0, count));
        Span<byte> bytes = stackalloc byte[4];
        foreach (MergeQueue.Symbol symbol in symbols.AsSpan(0, left))
        {
            if (symbol.Token != NoToken)
            {
                ids.Add(symbol.Token);
                continue;
            }

            foreach (byte value in bytes[..Encoding.UTF8.GetBytes(text.Slice(symbol.Start, symbol.Length), bytes)])
            {
                ids.Add(_byteTokens[value]);
            }
        }

        return count + rule.Lookups;
    }

    /// <summary>By score, the highest first; counts the pairs that it looked up.</summary>
    private struct ScoreRule(SentencePieceTokenizer owner, string text) : MergeQueue.IRule
    {
        public long Lookups { get; private set; }

        public bool TryJoin(in MergeQueue.Symbol left, in MergeQueue.Symbol right, out uint order, out uint token)
        {
            Lookups++;
            (order, token) = (0, NoToken);
            int length = left.Length + right.Length;
            if (length > owner._vocabulary.LongestToken || !owner._vocabulary.TryText(text.AsSpan(left.Start, length), out token))
            {
                return false;
            }

            order = HighestFirst(owner._scores[(int)token]);
            return true;
        }

        // Whole numbers that order as the scores do, the highest first.
        private static uint HighestFirst(float score)
        {
            uint bits = BitConverter.SingleToUInt32Bits(score + 0f);    // one zero
            return (bits & 0x8000_0000) != 0 ? bits : ~(bits | 0x8000_0000);
        }
    }
}
