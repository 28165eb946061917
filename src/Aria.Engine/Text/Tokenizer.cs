using System.Text;

namespace Aria.Engine.Text;

/// <summary>
/// Text to token ids and back, by a model's own vocabulary (specs/tokenizer.md). Text is only ever text: what looks like a control token is
/// encoded letter by letter, so that no message can forge a turn. Immutable; safe for many threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly BytePairMerges _merges;
    private readonly byte[] _bytes;         // of all tokens, one after the other
    private readonly int[] _ends;           // (vocabulary): where a token's bytes end

    internal Tokenizer(Vocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _merges = new(vocabulary.ByteTokens, vocabulary.Merges);
        _ends = new int[vocabulary.Count];
        using MemoryStream all = new();
        for (int id = 0; id < _ends.Length; id++)
        {
            all.Write(vocabulary.BytesOf(id));
            _ends[id] = (int)all.Length;
        }

        _bytes = all.ToArray();
    }

    /// <summary>Number of tokens; ids are 0 to this, exclusive.</summary>
    public int VocabularySize => _ends.Length;

    /// <summary>The token that begins every sequence, exactly once.</summary>
    public uint BeginOfSequence => _vocabulary.BeginOfSequence;

    /// <summary>Tokens that end an answer.</summary>
    public IReadOnlySet<uint> EndTokens => _vocabulary.EndTokens;

    /// <summary>The tokens of <paramref name="text"/>, without a BOS; a lone surrogate is read as U+FFFD.</summary>
    public uint[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<uint> ids = [];
        Gpt2Split split = new(text);
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(32)];
        while (split.TryNext(out ReadOnlySpan<char> piece))
        {
            if (Encoding.UTF8.GetMaxByteCount(piece.Length) > bytes.Length)
            {
                bytes = new byte[Encoding.UTF8.GetMaxByteCount(piece.Length)];
            }

            _merges.Encode(bytes.AsSpan(0, Encoding.UTF8.GetBytes(piece, bytes)), ids);
        }

        return [.. ids];
    }

    /// <summary>The bytes of text that <paramref name="token"/> stands for, perhaps a part of a character; none for a control token.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public ReadOnlySpan<byte> BytesOf(uint token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, (uint)_ends.Length);
        int start = token == 0 ? 0 : _ends[token - 1];
        return _bytes.AsSpan(start, _ends[token] - start);
    }

    /// <summary>The text of <paramref name="tokens"/>; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<uint> tokens)
    {
        using MemoryStream bytes = new();
        foreach (uint token in tokens)
        {
            bytes.Write(BytesOf(token));
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>The control token of that name.</summary>
    internal bool TryControl(string name, out uint id) => _vocabulary.TryControl(name, out id);
}
