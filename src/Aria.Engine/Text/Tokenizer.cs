using System.Text;
using Aria.Engine.Models;

namespace Aria.Engine.Text;

/// <summary>
/// Text to token ids and back, by a model's own vocabulary (specs/tokenizer.md). Text is only ever text: what looks like a control token is
/// encoded letter by letter, so that no message can forge a turn. Immutable; safe for many threads.
/// </summary>
public abstract class Tokenizer
{
    private readonly Vocabulary _vocabulary;
    private readonly byte[] _bytes;         // of all tokens, one after the other
    private readonly int[] _ends;           // (vocabulary): where a token's bytes end

    private protected Tokenizer(Vocabulary vocabulary, Func<int, byte[]> bytesOf)
    {
        _vocabulary = vocabulary;
        _ends = new int[vocabulary.Count];
        using MemoryStream all = new();
        for (int id = 0; id < _ends.Length; id++)
        {
            all.Write(bytesOf(id));
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

    /// <summary>The tokenizer that a model file describes.</summary>
    /// <exception cref="ModelFormatException">It describes none that is known, or contradicts itself.</exception>
    public static Tokenizer Of(TokenizerMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        return metadata.Model switch
        {
            "gpt2" => new ByteLevelTokenizer(metadata),
            "llama" => new SentencePieceTokenizer(metadata),
            _ => throw new ModelFormatException($"The tokenizer '{metadata.Model}' is not known; known are gpt2 and llama."),
        };
    }

    /// <summary>The tokens of <paramref name="text"/>, without a BOS; a lone surrogate is read as U+FFFD.</summary>
    public uint[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<uint> ids = [];
        Encode(text, ids);
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

    /// <summary>How the vocabulary spells <paramref name="token"/>: of a control token its name, such as <c>&lt;|user|&gt;</c>; of others not always their text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string NameOf(uint token)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, (uint)_ends.Length);
        return _vocabulary.TextOf((int)token);
    }

    /// <summary>The text of <paramref name="tokens"/>, which are a whole text's and not a continuation; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<uint> tokens)
    {
        using MemoryStream bytes = new();
        foreach (uint token in tokens)
        {
            bytes.Write(BytesOf(token));
        }

        return Encoding.UTF8.GetString(WithoutPrefix(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    /// <summary>Appends the tokens of <paramref name="text"/>; returns the work done: code points looked at and pairs looked up.</summary>
    internal abstract long Encode(ReadOnlySpan<char> text, List<uint> ids);

    /// <summary>The control token of that name.</summary>
    internal bool TryControl(string name, out uint id) => _vocabulary.TryControl(name, out id);

    /// <summary>A whole text's bytes less what encoding put in front.</summary>
    private protected virtual ReadOnlySpan<byte> WithoutPrefix(ReadOnlySpan<byte> bytes) => bytes;
}
