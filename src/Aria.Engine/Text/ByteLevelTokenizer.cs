using System.Text;
using Aria.Engine.Models;

namespace Aria.Engine.Text;

/// <summary>Byte-level pair merging: added tokens, pieces, bytes, merges by rank (specs/tokenizer.md §3-5).</summary>
internal sealed class ByteLevelTokenizer : Tokenizer
{
    private const uint NoToken = uint.MaxValue;

    private readonly Vocabulary _vocabulary;
    private readonly PreTokenizer _preTokenizer;
    private readonly AddedTokens _added;
    private readonly uint[] _byteTokens = new uint[256];    // NoToken: bytes that this vocabulary cannot say
    private readonly Dictionary<(uint Left, uint Right), (uint Rank, uint Token)> _merges;

    public ByteLevelTokenizer(TokenizerMetadata metadata)
        : this(metadata, new Vocabulary(metadata))
    {
    }

    private ByteLevelTokenizer(TokenizerMetadata metadata, Vocabulary vocabulary)
        : base(vocabulary, id => BytesOf(vocabulary, id))
    {
        _vocabulary = vocabulary;
        _preTokenizer = PreTokenizer.Of(metadata.Pre);
        _added = new(vocabulary.AddedTokens);
        for (int value = 0; value < _byteTokens.Length; value++)
        {
            bool found = vocabulary.TryText([ByteAlphabet.Spell((byte)value)], out uint token);
            _byteTokens[value] = found ? token : NoToken;
            if (!found && value is '\n' or (>= ' ' and <= '~'))
            {
                throw new ModelFormatException($"The vocabulary has no token for the byte 0x{value:x2}.");
            }
        }

        _merges = ReadMerges(metadata.Merges ?? throw new ModelFormatException("The file has no merges (tokenizer.ggml.merges)."), vocabulary);
    }

    internal override long Encode(ReadOnlySpan<char> text, List<uint> ids)
    {
        Encoder encoder = new(this, ids);
        long work = 0;
        while (!text.IsEmpty)
        {
            bool found = _added.TryFind(text, out int at, out int length, out uint token);
            work += encoder.Take(text[..at]);
            if (found)
            {
                ids.Add(token);
            }

            text = text[(at + length)..];
        }

        return work;
    }

    private static byte[] BytesOf(Vocabulary vocabulary, int id) => vocabulary.KindOf(id) switch
    {
        TokenKind.Normal => ByteAlphabet.Bytes(vocabulary.TextOf(id)),
        TokenKind.UserDefined => Encoding.UTF8.GetBytes(vocabulary.TextOf(id)),
        _ => [],
    };

    private static Dictionary<(uint, uint), (uint, uint)> ReadMerges(IReadOnlyList<string> merges, Vocabulary vocabulary)
    {
        Dictionary<(uint, uint), (uint, uint)> table = new(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            string merge = merges[rank];
            int space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space < 0
                || !vocabulary.TryText(merge.AsSpan(0, space), out uint left)
                || !vocabulary.TryText(merge.AsSpan(space + 1), out uint right)
                || !vocabulary.TryText(merge.Remove(space, 1), out uint token))
            {
                throw new ModelFormatException($"Merge {rank}, '{merge}', does not join two tokens to a third.");
            }

            if (!table.TryAdd((left, right), ((uint)rank, token)))
            {
                throw new ModelFormatException($"Merge {rank}, '{merge}', stands twice.");
            }
        }

        return table;
    }

    /// <summary>By rank; counts the pairs that it looked up.</summary>
    private struct RankRule(Dictionary<(uint Left, uint Right), (uint Rank, uint Token)> merges) : MergeQueue.IRule
    {
        public long Lookups { get; private set; }

        public bool TryJoin(in MergeQueue.Symbol left, in MergeQueue.Symbol right, out uint order, out uint token)
        {
            Lookups++;
            bool found = merges.TryGetValue((left.Token, right.Token), out (uint Rank, uint Token) merge);
            (order, token) = merge;
            return found;
        }
    }

    /// <summary>The buffers of one text's encoding.</summary>
    private sealed class Encoder(ByteLevelTokenizer owner, List<uint> ids)
    {
        private readonly MergeQueue _queue = new();
        private readonly List<int> _ends = [];
        private byte[] _bytes = new byte[64];
        private char[] _spelled = new char[64];
        private MergeQueue.Symbol[] _symbols = new MergeQueue.Symbol[64];

        public long Take(ReadOnlySpan<char> text)
        {
            _ends.Clear();
            RankRule rule = new(owner._merges);
            long looks = owner._preTokenizer.Split(text, _ends);
            int start = 0;
            foreach (int end in _ends)
            {
                Piece(ref rule, text[start..end]);
                start = end;
            }

            return looks + rule.Lookups;
        }

        private void Piece(ref RankRule rule, ReadOnlySpan<char> piece)
        {
            int most = Encoding.UTF8.GetMaxByteCount(piece.Length);
            if (most > _bytes.Length)
            {
                (_bytes, _spelled, _symbols) = (new byte[most], new char[most], new MergeQueue.Symbol[most]);
            }

            int count = Encoding.UTF8.GetBytes(piece, _bytes);
            if (owner._preTokenizer.WholePieces && count <= owner._vocabulary.LongestToken && TryWhole(count, out uint whole))
            {
                ids.Add(whole);
                return;
            }

            for (int i = 0; i < count; i++)
            {
                _symbols[i] = new(i, 1, owner._byteTokens[_bytes[i]]);
            }

            Span<MergeQueue.Symbol> symbols = _symbols.AsSpan(0, count);
            foreach (MergeQueue.Symbol symbol in symbols[.._queue.Run(ref rule, symbols)])
            {
                if (symbol.Token != NoToken)
                {
                    ids.Add(symbol.Token);
                }
            }
        }

        private bool TryWhole(int count, out uint token)
        {
            for (int i = 0; i < count; i++)
            {
                _spelled[i] = ByteAlphabet.Spell(_bytes[i]);
            }

            return owner._vocabulary.TryText(_spelled.AsSpan(0, count), out token);
        }
    }
}
